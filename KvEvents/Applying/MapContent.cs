namespace OrleansKvRouter.KvEvents.Applying;

/// <summary>What a map of an engine's blocks of one size says, block by block in flat arrays.</summary>
/// <param name="keysPerBlock">Pool blocks in a block of the engine.</param>
/// <param name="stateBytes">Bytes of chain state for each.</param>
/// <param name="count">Blocks.</param>
internal sealed class MapContent(int keysPerBlock, int stateBytes, int count)
{
    public int KeysPerBlock => keysPerBlock;

    public int StateBytes => stateBytes;

    public int Count => count;

    /// <summary>The engine's hash of each.</summary>
    public ulong[] Hashes { get; } = new ulong[count];

    /// <summary>The keys of each.</summary>
    public ulong[] Keys { get; } = new ulong[count * keysPerBlock];

    public byte[] States { get; } = new byte[count * stateBytes];

    /// <summary>The copies of each in every tier.</summary>
    public ushort[] Copies { get; } = new ushort[count * Tiers.Count];
}
