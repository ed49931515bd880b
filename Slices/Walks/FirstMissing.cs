using System.Numerics;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.Slices.Walks;

/// <summary>
/// By holder, the place of the first block of a chain that it lacks, as far as some slices tell: the chain's length where it lacks none.
/// Only holders are kept that have the first of the blocks looked at; the others lack that one. What several parts tell is put
/// together exactly: a chain's first missing block is the earliest that any slice misses. Reused from walk to walk.
/// </summary>
internal sealed class FirstMissing
{
    /// <summary>No block was looked at.</summary>
    public const int Nowhere = int.MaxValue;

    private int[] _places = [];
    private int[] _holders = [];
    private int _count;

    /// <summary>The place of the first block that was looked at.</summary>
    public int First { get; private set; } = Nowhere;

    /// <summary>The numbers of the holders that have it.</summary>
    public ReadOnlySpan<int> Holders => _holders.AsSpan(0, _count);

    /// <summary>Forgets everything; from now on blocks from <paramref name="first"/> on are looked at.</summary>
    public void Reset(int first = Nowhere)
    {
        foreach (var holder in Holders) _places[holder] = 0;
        (_count, First) = (0, first);
    }

    /// <summary>Where a holder's first missing block is.</summary>
    public int PlaceOf(int holder) => (uint)holder < (uint)_places.Length && _places[holder] is var place and > 0 ? place : First;

    /// <summary>Adds a holder, once; <paramref name="place"/> lies behind <see cref="First"/>.</summary>
    public void Add(int holder, int place)
    {
        if (holder >= _places.Length) Array.Resize(ref _places, (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(holder + 1, 16)));
        if (_count == _holders.Length) Array.Resize(ref _holders, Math.Max(16, _count * 2));
        if (_places[holder] == 0) _holders[_count++] = holder;
        _places[holder] = place;
    }

    /// <summary>Puts together what this tells and what other slices do.</summary>
    public void Join(FirstMissing other)
    {
        if (other.First == Nowhere) return;
        if (other.First > First)
        {
            // Who is here stays, up to what the other misses.
            foreach (var holder in Holders) _places[holder] = Math.Min(_places[holder], other.PlaceOf(holder));
            return;
        }

        // The other looked earlier: its holders are those that count.
        foreach (var holder in other.Holders) other._places[holder] = Math.Min(other._places[holder], PlaceOf(holder));
        Reset(other.First);
        foreach (var holder in other.Holders) Add(holder, other._places[holder]);
    }

    /// <summary>Tells it as numbers of leading blocks.</summary>
    public void Report(PrefixMatches matches)
    {
        foreach (var holder in Holders) matches.Set(new HolderId(holder), _places[holder]);
    }
}
