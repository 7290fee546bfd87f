using StreamFlow.Runtime;

namespace StreamFlow.Tests.Runtime;

public sealed class PartitionTimeMetadataTests
{
    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1_750_000_200_000)]
    [InlineData(long.MaxValue)]
    public void Decode_reads_what_encode_wrote(long time) =>
        Assert.Equal(time, PartitionTimeMetadata.Decode(PartitionTimeMetadata.Encode(time)));

    [Fact]
    public void Encode_writes_version_1_and_the_time_big_endian() =>
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 1, 2], Convert.FromBase64String(PartitionTimeMetadata.Encode(258)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("CQAAAAAAAAAB")]
    [InlineData("AQ==")]
    public void Decode_of_foreign_metadata_is_unknown(string? metadata) =>
        Assert.Equal(-1, PartitionTimeMetadata.Decode(metadata));

    [Fact]
    public void Decode_of_metadata_longer_than_any_is_unknown() =>
        Assert.Equal(-1, PartitionTimeMetadata.Decode(new string('A', 1000)));
}
