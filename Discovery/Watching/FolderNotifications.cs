namespace OrleansKvRouter.Discovery.Watching;

/// <summary>
/// Hints from the file system that something in some folders changed. They only make a watch prompt: where they cannot be had
/// (no such folder, no inotify watch left, a network file system) the watch does without.
/// </summary>
/// <param name="paths">Folders, and files whose folders are meant.</param>
/// <param name="changed">Called on any change, from any thread, often.</param>
/// <param name="failed">Called with a folder and why there are no hints from it.</param>
internal sealed class FolderNotifications(IReadOnlyList<string> paths, Action changed, Action<string, Exception> failed) : IDisposable
{
    private readonly List<FileSystemWatcher> _watchers = [];

    public void Start()
    {
        foreach (var folder in paths.Select(FolderOf).Distinct())
        {
            try
            {
                _watchers.Add(Watch(folder));
            }
            catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
            {
                failed(folder, e);
            }
        }
    }

    public void Dispose()
    {
        foreach (var watcher in _watchers) watcher.Dispose();
    }

    private static string FolderOf(string path)
    {
        var full = Path.GetFullPath(path);
        return Directory.Exists(full) ? full : Path.GetDirectoryName(full) ?? full;
    }

    private FileSystemWatcher Watch(string folder)
    {
        var watcher = new FileSystemWatcher(folder);
        watcher.Changed += (_, _) => changed();
        watcher.Created += (_, _) => changed();
        watcher.Deleted += (_, _) => changed();
        watcher.Renamed += (_, _) => changed();
        watcher.Error += (_, e) => failed(folder, e.GetException());
        watcher.EnableRaisingEvents = true;
        return watcher;
    }
}
