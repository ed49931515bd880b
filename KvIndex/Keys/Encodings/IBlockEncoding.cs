namespace OrleansKvRouter.KvIndex.Keys.Encodings;

/// <summary>How a scheme writes what it hashes as bytes.</summary>
internal interface IBlockEncoding
{
    /// <summary>The most bytes of a block without extra keys, with what is written too much.</summary>
    /// <param name="tokens">Tokens a block.</param>
    static abstract int MaxBytes(int tokens);

    static abstract int MaxSeedBytes(string seed);

    /// <summary>Writes the seed as the scheme hashes it for its root; returns the number of bytes.</summary>
    static abstract int WriteSeed(Span<byte> to, string seed);

    /// <summary>True for a parent that the engine takes for none, so that the root stands for it.</summary>
    static abstract bool IsNoParent(ReadOnlySpan<byte> parent);

    /// <summary>
    /// Writes (parent, tokens, extra keys); returns the number of bytes, 0 where only the engine can know them.
    /// </summary>
    /// <param name="to">Room for <see cref="MaxBytes"/> and the extra keys' <see cref="ExtraKeyList.MaxEncodedBytes"/>.</param>
    /// <param name="parent">At most <see cref="ChainState.MaxSize"/> bytes.</param>
    /// <param name="tokens">The block's token ids.</param>
    /// <param name="extras">The block's extra keys.</param>
    static abstract int Write(Span<byte> to, ReadOnlySpan<byte> parent, ReadOnlySpan<uint> tokens, scoped in ExtraKeyList extras);
}

/// <summary>How a scheme makes a hash of the bytes, and a key of the hash.</summary>
internal interface IBlockDigest
{
    /// <summary>Bytes of what is the next block's parent.</summary>
    static abstract int Size { get; }

    /// <summary>Bytes after the message that <see cref="Compute"/> may overwrite.</summary>
    static abstract int Padding { get; }

    static abstract void Compute(Span<byte> buffer, int length, Span<byte> digest);

    /// <summary>The 64 bits of the digest that the engine publishes.</summary>
    static abstract ulong Key(ReadOnlySpan<byte> digest);
}
