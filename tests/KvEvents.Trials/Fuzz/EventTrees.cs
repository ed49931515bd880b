using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Fuzz;

/// <summary>
/// Batches as engines of all eras write them, as trees for <see cref="MsgPack"/>: over a few chains of which some have the
/// pool's own keys as hashes, so that events meet, parents are found or missed, and engines are exact, mapped, or change.
/// </summary>
internal sealed class EventTrees(Random random)
{
    public const int BlockSize = 4;
    private const int Chains = 12;
    private const int Blocks = 24;

    private static readonly string[] Media = ["GPU", "gpu", "CPU", "Disk", "STORAGE", "CPU_PINNED", "EXTERNAL", "HBM", ""];
    private static readonly string[] Kinds = ["full_attention", "mla_attention", "sliding_window", "mamba", "unknown"];
    private static readonly Chain[] All = [.. Enumerable.Range(0, Chains).Select(Chain.Of)];

    /// <summary>A batch: <c>[time, [event, …], rank]</c>.</summary>
    public object?[] Batch(double time)
    {
        var events = new object?[Rarely(20) ? random.Next(40) : random.Next(4)];
        var form = random.Next(10);
        for (var i = 0; i < events.Length; i++) events[i] = Event(form);
        return random.Next(12) switch
        {
            0 => [time, events],
            1 => [time, events, null],
            2 => [time, events, 0, "later", null],
            _ => [time, events, 0],
        };
    }

    private object Event(int form) => random.Next(24) switch
    {
        0 => form < 7 ? new object?[] { "AllBlocksCleared" } : MsgPack.Map(("type", "AllBlocksCleared")),
        1 => form < 7 ? new object?[] { "BlockInactive", 1, null } : MsgPack.Map(("type", "BlockInactive"), ("x", 1)),
        < 9 => Removed(form),
        9 when Rarely(8) => Orphans(form),
        _ => Stored(form),
    };

    /// <summary>Forms 0 to 6 are the arrays of seven eras, each with the fields of the one before and more; above are maps.</summary>
    private object Stored(int form)
    {
        var chain = All[random.Next(Chains)];
        var from = random.Next(Blocks);
        var count = Math.Min(Blocks - from, Rarely(10) ? random.Next(Blocks) : random.Next(4));
        if (Rarely(3)) from = 0;
        var factor = Rarely(8) ? random.Next(1, 5) : 1;
        var blockSize = Rarely(30) ? random.Next(20) : BlockSize * factor;
        var hashes = new object?[count / factor];
        for (var i = 0; i < hashes.Length; i++) hashes[i] = Hash(chain.Hashes[from + (i * factor) + factor - 1]);
        var tokens = Rarely(12) ? null : Rarely(12) ? [] : chain.Tokens[(from * BlockSize)..((from + (hashes.Length * factor)) * BlockSize)].Select(t => (object?)t).ToArray();
        var fields = new (string Name, object? Value)[]
        {
            ("block_hashes", hashes),
            ("parent_block_hash", from == 0 ? null : Hash(chain.Hashes[from - 1])),
            ("token_ids", tokens),
            ("block_size", blockSize),
            ("lora_id", Rarely(20) ? 1 : null),
            ("medium", Rarely(4) ? Media[random.Next(Media.Length)] : "GPU"),
            ("lora_name", chain.Lora),
            ("extra_keys", ExtraKeys(hashes.Length, chain.Lora)),
            ("group_idx", Rarely(12) ? random.Next(3) : 0),
            ("kv_cache_spec_kind", Rarely(12) ? Kinds[random.Next(Kinds.Length)] : "full_attention"),
            ("kv_cache_spec_sliding_window", null),
        };
        int[] lengths = [5, 6, 7, 8, 9, 11, 11];
        return Form("BlockStored", form, form < 7 ? fields[..lengths[form]] : fields);
    }

    /// <summary>Many blocks after one that nobody ever announces.</summary>
    private object Orphans(int form)
    {
        var hashes = new object?[random.Next(1, 200)];
        for (var i = 0; i < hashes.Length; i++) hashes[i] = random.NextInt64(long.MinValue, long.MaxValue);
        var tokens = new object?[hashes.Length * BlockSize];
        for (var i = 0; i < tokens.Length; i++) tokens[i] = random.Next(150_000);
        return Form("BlockStored", form, [("block_hashes", hashes), ("parent_block_hash", random.NextInt64()), ("token_ids", tokens), ("block_size", BlockSize), ("lora_id", null)]);
    }

    private object Removed(int form)
    {
        var chain = All[random.Next(Chains)];
        var hashes = new object?[Rarely(6) ? random.Next(6) : 1];
        for (var i = 0; i < hashes.Length; i++) hashes[i] = Hash(chain.Hashes[random.Next(Blocks)]);
        var fields = new (string, object?)[] { ("block_hashes", hashes), ("medium", Rarely(5) ? Media[random.Next(Media.Length)] : "GPU"), ("group_idx", 0) };
        return Form("BlockRemoved", form, form < 7 ? fields[..(form == 0 ? 1 : form < 4 ? 2 : 3)] : fields);
    }

    private static object Form(string tag, int form, (string Name, object? Value)[] fields) =>
        form < 7
            ? new object?[] { tag }.Concat(fields.Select(field => field.Value)).ToArray()
            : MsgPack.Map([("type", tag), .. fields.Where(field => field.Value is not null || form == 9)]);

    /// <summary>An integer, a signed one, or a digest whose last eight bytes it is.</summary>
    private object Hash(ulong hash)
    {
        if (!Rarely(6)) return random.Next(2) == 0 ? hash : (long)hash;
        var digest = new byte[random.Next(3) == 0 ? 16 : 32];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(digest.AsSpan(digest.Length - 8), hash);
        return digest;
    }

    private object?[]? ExtraKeys(int blocks, string? lora)
    {
        if (Rarely(2)) return null;
        var list = new object?[Rarely(20) ? random.Next(6) : blocks];
        for (var i = 0; i < list.Length; i++)
        {
            List<object?> keys = lora is null ? [] : [lora];
            if (Rarely(12)) keys.Add("salt");
            if (Rarely(20)) keys.Add(new object?[] { "image", random.Next(-40, 40) });
            if (Rarely(30)) keys.Add(new byte[32]);
            list[i] = keys.Count == 0 ? null : keys.ToArray();
        }

        return list;
    }

    private bool Rarely(int oneIn) => random.Next(oneIn) == 0;

    private sealed record Chain(uint[] Tokens, ulong[] Hashes, string? Lora)
    {
        /// <summary>Every third chain is hashed by the pool's function, every fourth has an adapter; the rest is anything.</summary>
        public static Chain Of(int number)
        {
            var random = new Random(number);
            var tokens = Enumerable.Range(0, Blocks * BlockSize).Select(_ => (uint)random.Next(150_000)).ToArray();
            var lora = number % 4 == 3 ? "adapter" : null;
            var hashes = new ulong[Blocks];
            for (var i = 0; i < Blocks; i++) hashes[i] = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            if (number % 3 == 0)
            {
                var keys = new BlockKey[Blocks];
                KeyFunctions.Create("sha256_cbor", "42").Value!.ComputeKeys(tokens, BlockSize, new KeyExtras(lora, null), keys);
                hashes = [.. keys.Select(key => key.Value)];
            }

            return new Chain(tokens, hashes, lora);
        }
    }
}
