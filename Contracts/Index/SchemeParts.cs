namespace OrleansKvRouter.Contracts.Index;

/// <summary>
/// What a block's hash is made with, and in what an engine may differ from its pool: the means to say which flag to change
/// without reading a cause's words. Names are part of the admin API (in camel case).
/// </summary>
[Flags]
public enum SchemeParts
{
    None = 0,

    /// <summary>PYTHONHASHSEED, of which the root of every chain is made.</summary>
    Seed = 1,

    /// <summary><c>--prefix-caching-hash-algo</c>.</summary>
    Algorithm = 2,

    /// <summary>How the release forms extra keys (adapter, multimodal items), or whether its events name them.</summary>
    ExtraKeys = 4,

    /// <summary>Tokens that are hashed at a time, where that is less than a block (<c>--hash-block-size</c>, <c>--prefix-match-unit</c>).</summary>
    HashSize = 8,

    /// <summary><c>--block-size</c>.</summary>
    BlockSize = 16,
}
