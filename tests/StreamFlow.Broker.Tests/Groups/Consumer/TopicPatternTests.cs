using StreamFlow.Broker.Groups;

namespace StreamFlow.Broker.Tests.Groups.Consumer;

public sealed class TopicPatternTests
{
    [Theory]
    [InlineData("orders", "orders", true)]
    [InlineData("orders", "orders2", false)]
    [InlineData("rders", "orders", false)]
    [InlineData("a|b", "b", true)]
    [InlineData("a|b", "ab", false)]
    [InlineData("(?i)ORDERS", "orders", true)]
    [InlineData(@"\Qa.b\E.*", "a.b1", true)]
    [InlineData(@"\Qa.b\E.*", "acb1", false)]
    [InlineData("[[:alpha:]]+-[[:digit:]]{2}", "orders-42", true)]
    [InlineData("[[:alpha:]]+-[[:digit:]]{2}", "orders-4x", false)]
    [InlineData("(?P<kind>a+)", "aaa", true)]
    [InlineData("[]a]+", "a", true)]
    [InlineData("[^]a]+", "b", true)]
    [InlineData(@"[a\[-]+", "a-", true)]
    [InlineData(@"\d+", "42", true)]
    public void Matches_whole_names_in_the_syntax_of_RE2(string pattern, string name, bool matches)
    {
        TopicPattern? parsed = TopicPattern.TryParse(pattern, out string error);

        Assert.True(parsed is not null, error);
        Assert.Equal(matches ? [name] : [], parsed.Match([name]));
    }

    [Theory]
    [InlineData("(")]
    [InlineData("a)|(b")]
    [InlineData("[a")]
    [InlineData("(?=a)b")]
    [InlineData("(?!a)b")]
    [InlineData(@"(a)\1")]
    [InlineData("*")]
    public void Refuses_what_RE2_refuses(string pattern)
    {
        Assert.Null(TopicPattern.TryParse(pattern, out string error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void Takes_time_in_proportion_to_the_name()
    {
        string name = new('a', 240);

        Assert.Empty(TopicPattern.TryParse("(a*)*b", out _)!.Match([name]));
    }
}
