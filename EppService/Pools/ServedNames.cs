using System.Collections.Frozen;
using OrleansKvRouter.Contracts.Engines;

namespace OrleansKvRouter.EppService.Pools;

/// <summary>
/// The model names that a pool's engines say they serve: in the topics of their events, and in their <c>/v1/models</c>, whose
/// newest list takes the place of the one before. Writers take turns; readers read the snapshot that they publish.
/// </summary>
internal sealed class ServedNames
{
    /// <summary>The names come from outside, again and again.</summary>
    private const int MaxNames = 1024;

    private readonly Lock _writing = new();
    private readonly HashSet<string> _heard = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<ServedModel>> _lists = new(StringComparer.Ordinal);
    private volatile Snapshot _names = new([], []);

    /// <summary>Names of the base model.</summary>
    public FrozenSet<string> Base => _names.Base;

    /// <summary>Names of adapters on it.</summary>
    public FrozenSet<string> Adapters => _names.Adapters;

    /// <summary>An engine publishes its events under this name of the base model.</summary>
    public void Hear(string model)
    {
        if (model.Length == 0 || Base.Contains(model)) return;
        lock (_writing)
        {
            if (_heard.Count < MaxNames && _heard.Add(model)) Publish();
        }
    }

    /// <summary>What the engine at <paramref name="address"/> lists: entries without a parent are the base model, the others adapters.</summary>
    public void List(string address, IReadOnlyList<ServedModel> models)
    {
        lock (_writing)
        {
            if (_lists.TryGetValue(address, out var before) && before.SequenceEqual(models)) return;
            _lists[address] = models;
            Publish();
        }
    }

    /// <summary>Forgets the lists of engines at other addresses.</summary>
    public void KeepOnly(IReadOnlySet<string> addresses)
    {
        lock (_writing)
        {
            var gone = _lists.Keys.Where(address => !addresses.Contains(address)).ToArray();
            foreach (var address in gone) _lists.Remove(address);
            if (gone.Length > 0) Publish();
        }
    }

    private void Publish()
    {
        var listed = _lists.Values.SelectMany(models => models).Where(model => model.Id.Length > 0).ToArray();
        _names = new Snapshot(
            Bounded(listed.Where(model => model.Parent is null).Select(model => model.Id).Concat(_heard)),
            Bounded(listed.Where(model => model.Parent is not null).Select(model => model.Id)));
    }

    private static FrozenSet<string> Bounded(IEnumerable<string> names) =>
        names.Distinct(StringComparer.Ordinal).Take(MaxNames).ToFrozenSet(StringComparer.Ordinal);

    private sealed record Snapshot(FrozenSet<string> Base, FrozenSet<string> Adapters);
}
