using System.Diagnostics;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.EngineSim.Core;

namespace OrleansKvRouter.EngineSim.Events;

/// <summary>One step's events → the msgpack payload of one message. Not safe for two threads at once.</summary>
/// <param name="schema">The form of events.</param>
/// <param name="blockSize">Tokens a block.</param>
/// <param name="hashes">How blocks are named.</param>
/// <param name="digests">What <see cref="HashForm.Bytes"/> names them by; null for the other forms.</param>
internal sealed class EventEncoder(EventSchema schema, int blockSize, HashForm hashes = HashForm.Integers, BlockDigests? digests = null)
{
    private readonly MsgpackWriter _writer = new();

    /// <summary>False for what no event tells of.</summary>
    public static bool IsAnnounced(CacheEvent e) => e is not CacheDropped;

    /// <param name="time">When the batch was made, Unix seconds.</param>
    /// <param name="events">In order.</param>
    /// <param name="rank">Data-parallel rank.</param>
    public byte[] Encode(double time, IReadOnlyList<CacheEvent> events, int rank)
    {
        _writer.Clear();
        _writer.Array(3);
        _writer.Float64(time);
        _writer.Array(events.Count(IsAnnounced));
        foreach (var e in events) Write(e);
        _writer.Unsigned((ulong)rank);
        return _writer.Written.ToArray();
    }

    private void Write(CacheEvent e)
    {
        switch (e)
        {
            case BlocksStored stored:
                digests?.Add(stored);
                Begin("BlockStored", schema.Stored.Count);
                foreach (var field in schema.Stored) Write(field, stored);
                break;
            case BlockRemoved removed:
                Begin("BlockRemoved", schema.Removed.Count);
                foreach (var field in schema.Removed) Write(field, removed);
                digests?.Remove(removed.Block);
                break;
            case CacheCleared:
                Begin("AllBlocksCleared", 0);
                digests?.Clear();
                break;
            case CacheDropped:
                digests?.Clear();
                break;
            default:
                throw new UnreachableException(e.GetType().Name);
        }
    }

    private void Begin(string tag, int fields)
    {
        if (schema.AsMaps)
        {
            _writer.Map(fields + 1);
            _writer.Text("type");
        }
        else
        {
            _writer.Array(fields + 1);
        }

        _writer.Text(tag);
    }

    private void Write(EventField field, BlocksStored stored)
    {
        Name(field);
        switch (field.Name)
        {
            case "block_hashes":
                Hashes(stored.Blocks);
                break;
            case "parent_block_hash":
                if (stored.Parent is { } parent) Hash(parent);
                else _writer.Nil();
                break;
            case "token_ids":
                _writer.Array(stored.Tokens.Length);
                foreach (var token in stored.Tokens) _writer.Unsigned(token);
                break;
            case "block_size":
                _writer.Unsigned((ulong)blockSize);
                break;
            case "lora_id":
                UnsignedOrNil((ulong?)stored.Identity.LoraId);
                break;
            case "lora_name":
                _writer.TextOrNil(stored.Identity.LoraName);
                break;
            case "extra_keys":
                ExtraKeys(stored);
                break;
            case "kv_cache_spec_kind":
                _writer.Text("full_attention");
                break;
            case "kv_cache_spec_sliding_window":
                _writer.Nil();
                break;
            default:
                WriteShared(field);
                break;
        }
    }

    private void Write(EventField field, BlockRemoved removed)
    {
        Name(field);
        if (field.Name == "block_hashes") Hashes([removed.Block]);
        else WriteShared(field);
    }

    private void WriteShared(EventField field)
    {
        switch (field.Name)
        {
            case "medium":
                _writer.Text("GPU");
                break;
            case "group_idx":
                _writer.Unsigned(0);
                break;
            default:
                throw new UnreachableException(field.Name);
        }
    }

    private void Name(EventField field)
    {
        if (schema.AsMaps) _writer.Text(field.Name);
    }

    private void Hashes(ReadOnlySpan<BlockKey> keys)
    {
        _writer.Array(keys.Length);
        foreach (var key in keys) Hash(key);
    }

    private void Hash(BlockKey key)
    {
        switch (hashes)
        {
            case HashForm.Integers:
                _writer.Unsigned(key.Value);
                break;
            case HashForm.SignedIntegers:
                _writer.Signed((long)key.Value);
                break;
            default:
                _writer.Bytes(digests!.Of(key));
                break;
        }
    }

    /// <summary>Per block what its key holds beside tokens: the adapter's name in every block, the salt in a request's first.</summary>
    private void ExtraKeys(BlocksStored stored)
    {
        _writer.Array(stored.Blocks.Length);
        for (var i = 0; i < stored.Blocks.Length; i++)
        {
            var lora = stored.Identity.LoraName;
            var salt = i == 0 && stored.Parent is null ? stored.Identity.CacheSalt : null;
            if (lora is null && salt is null)
            {
                _writer.Nil();
                continue;
            }

            _writer.Array(lora is null || salt is null ? 1 : 2);
            if (lora is not null) _writer.Text(lora);
            if (salt is not null) _writer.Text(salt);
        }
    }

    private void UnsignedOrNil(ulong? value)
    {
        if (value is { } number) _writer.Unsigned(number);
        else _writer.Nil();
    }
}
