using StreamFlow.Kafka.Common;

namespace StreamFlow.Kafka.Tests.Common;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("CommitIntervall", "CommitInterval")]
    [InlineData("commitinterval", "CommitInterval")]
    [InlineData("ComimtInterval", "CommitInterval")]
    [InlineData("StateDir", null)]
    [InlineData("", null)]
    [InlineData("x", null)]
    public void What_is_a_few_strokes_away_is_meant(string given, string? meant) =>
        Assert.Equal(meant, NearestName.Of(given, ["CommitInterval", "StateDirectory", "PollTimeout"]));

    [Theory]
    [InlineData("abc", "abc", 0)]
    [InlineData("abc", "ABC", 0)]
    [InlineData("abc", "acb", 1)]
    [InlineData("abc", "ab", 1)]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    public void Strokes_are_counted(string a, string b, int strokes)
    {
        Assert.Equal(strokes, NearestName.Distance(a, b));
        Assert.Equal(strokes, NearestName.Distance(b, a));
    }
}
