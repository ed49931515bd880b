using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.Tests.KvEvents.Doubles;

namespace OrleansKvRouter.Tests.KvEvents.Decoding;

public sealed class ExtraKeysReaderTests
{
    private static readonly object?[] Image = ["img-1", -2];

    [Fact]
    public void Read_WhatEnginesSend_TellsSaltFromTheRest()
    {
        AssertRead(ExtraKeysForm.Plain, null, hasLora: false, null, null);
        AssertRead(ExtraKeysForm.Plain, null, hasLora: true, Keys("adapter"), Keys("adapter"));
        AssertRead(ExtraKeysForm.Salted, "salt", hasLora: false, Keys("salt"), null);
        AssertRead(ExtraKeysForm.Salted, "salt", hasLora: true, Keys("adapter", "salt"), Keys("adapter"));
    }

    [Fact]
    public void Read_KeysThatTheRouterCannotCompute_Other()
    {
        AssertRead(ExtraKeysForm.Other, null, hasLora: false, Keys(Image), null);
        AssertRead(ExtraKeysForm.Other, null, hasLora: false, null, Keys("img-1"));
        AssertRead(ExtraKeysForm.Other, null, hasLora: false, Keys("img-1", "salt"), null);
        AssertRead(ExtraKeysForm.Other, null, hasLora: false, Keys(new byte[32]), null);
        AssertRead(ExtraKeysForm.Other, null, hasLora: true, null, null);
        AssertRead(ExtraKeysForm.Other, null, hasLora: false, Keys(3), null);
    }

    [Fact]
    public void Read_FieldAbsent_Absent() => Assert.Equal(ExtraKeysForm.Absent, ExtraKeysReader.Read([], hasLora: false, 2, out _));

    [Fact]
    public void Read_ImageBeyondTheBlocksThatMatter_Plain()
    {
        var list = MsgPack.Encode(new object?[] { null, Keys(Image) });

        Assert.Equal(ExtraKeysForm.Plain, ExtraKeysReader.Read(list, hasLora: false, 1, out _));
    }

    private static object?[] Keys(params object?[] keys) => keys;

    private static void AssertRead(ExtraKeysForm form, string? salt, bool hasLora, params object?[] blocks)
    {
        Assert.Equal(form, ExtraKeysReader.Read(MsgPack.Encode(blocks), hasLora, blocks.Length, out var read));
        if (form == ExtraKeysForm.Salted) Assert.Equal(salt, read);
    }
}
