using System.Diagnostics;
using System.Text;
using System.Threading.Channels;

namespace OrleansKvRouter.Tests.Support;

/// <summary>
/// A program that is not ours, or ours in a process of its own: started by the test, spoken to by lines, ended with
/// the test. Python is Debian's own (<c>/usr/bin/python3</c>), because the peers' modules are Debian packages.
/// </summary>
public sealed class Peer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly StringBuilder _errors = new();

    private Peer(ProcessStartInfo start)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.UseShellExecute = false;
        start.StandardInputEncoding = new UTF8Encoding(false);
        start.StandardOutputEncoding = Encoding.UTF8;
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, e) =>
        {
            if (e.Data is null) _lines.Writer.TryComplete();
            else _lines.Writer.TryWrite(e.Data);
        };
        _process.ErrorDataReceived += (_, e) =>
        {
            lock (_errors) _errors.AppendLine(e.Data);
        };
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What the program wrote to its standard error so far.</summary>
    public string Errors
    {
        get { lock (_errors) return _errors.ToString(); }
    }

    public static Peer Python(string script, params string[] arguments) => Start("/usr/bin/python3", [script, .. arguments]);

    /// <summary>Runs a Node script with the peers' packages in reach; CommonJS scripts find them through NODE_PATH.</summary>
    public static Peer Node(string script, params string[] arguments) =>
        Start("node", [script, .. arguments], ("NODE_PATH", Path.Combine(Repository.Peers, "node_modules")));

    public static Peer Start(string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new Peer(start);
    }

    public async Task WriteLineAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>The next line of output; throws with the program's standard error when it ends or stays silent.</summary>
    public async Task<string> ReadLineAsync(TimeSpan? within = null)
    {
        using var deadline = new CancellationTokenSource(within ?? Eventually.Limit);
        try
        {
            return await _lines.Reader.ReadAsync(deadline.Token);
        }
        catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
        {
            throw new InvalidOperationException($"{_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)} gave no line ({e.GetType().Name}): {Errors}", e);
        }
    }

    /// <summary>Reads lines until one satisfies <paramref name="wanted"/>.</summary>
    public async Task<string> ReadUntilAsync(Func<string, bool> wanted)
    {
        while (true)
        {
            var line = await ReadLineAsync();
            if (wanted(line)) return line;
        }
    }

    /// <summary>All lines up to the end, a line feed after each.</summary>
    public async Task<string> ReadToEndAsync()
    {
        var text = new StringBuilder();
        await foreach (var line in _lines.Reader.ReadAllAsync()) text.Append(line).Append('\n');
        return text.ToString();
    }

    /// <summary>Waits for the end and returns the exit status.</summary>
    public async Task<int> ExitAsync()
    {
        using var deadline = new CancellationTokenSource(Eventually.Limit);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    /// <summary>Sends SIGTERM.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Sends SIGKILL, to the children too.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
