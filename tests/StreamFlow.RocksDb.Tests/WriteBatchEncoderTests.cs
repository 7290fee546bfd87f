namespace StreamFlow.RocksDb.Tests;

public sealed class WriteBatchEncoderTests
{
    private const string Header = "0000000000000000";

    [Fact]
    public void Put_is_tag_family_key_value()
    {
        var encoder = new WriteBatchEncoder();
        encoder.Put(family: 2, space: 1, "k"u8, "val"u8);

        Assert.Equal(Header + "01000000" + "05" + "02" + "02" + "016B" + "03" + "76616C", Hex(encoder));
    }

    [Fact]
    public void Delete_is_tag_family_key()
    {
        var encoder = new WriteBatchEncoder();
        encoder.Delete(family: 0, space: 1, "k"u8);

        Assert.Equal(Header + "01000000" + "04" + "00" + "02" + "016B", Hex(encoder));
    }

    [Fact]
    public void DeleteRange_without_end_reaches_to_the_next_space()
    {
        var encoder = new WriteBatchEncoder();
        encoder.DeleteRange(family: 1, space: 1, "a"u8, "b"u8);
        encoder.DeleteRange(family: 1, space: 1, "a"u8, default);

        Assert.Equal(
            Header + "02000000" + "0E" + "01" + "02" + "0161" + "02" + "0162" + "0E" + "01" + "02" + "0161" + "01" + "02",
            Hex(encoder));
    }

    [Fact]
    public void DeleteRange_that_holds_nothing_is_left_out()
    {
        var encoder = new WriteBatchEncoder();
        encoder.DeleteRange(family: 1, space: 1, "b"u8, "a"u8);
        encoder.DeleteRange(family: 1, space: 1, "a"u8, "a"u8);

        Assert.Equal(0u, encoder.Count);
    }

    [Fact]
    public void Lengths_and_families_over_127_take_two_bytes()
    {
        var encoder = new WriteBatchEncoder();
        encoder.Put(family: 300, space: 1, new byte[199], new byte[128]);

        Assert.StartsWith(Header + "01000000" + "05" + "AC02" + "C801" + "01", Hex(encoder), StringComparison.Ordinal);
        Assert.Equal(12 + 1 + 2 + 2 + 200 + 2 + 128, encoder.Encoded.Length);
    }

    [Fact]
    public void Clear_starts_anew_also_after_a_large_batch()
    {
        var encoder = new WriteBatchEncoder();
        encoder.Put(family: 0, space: 1, "k"u8, new byte[20 << 20]);
        Assert.True(encoder.Encoded.Length > 20 << 20);
        encoder.Clear();
        encoder.Delete(family: 0, space: 1, default);

        Assert.Equal(Header + "01000000" + "04" + "00" + "01" + "01", Hex(encoder));
    }

    private static string Hex(WriteBatchEncoder encoder) => Convert.ToHexString(encoder.Encoded);
}
