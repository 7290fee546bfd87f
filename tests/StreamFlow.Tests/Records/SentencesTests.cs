namespace StreamFlow.Tests.Records;

/// <summary>A message of somebody else within one of ours neither runs into the next sentence nor has two full stops.</summary>
public sealed class SentencesTests
{
    [Theory]
    [InlineData("boom", "boom.")]
    [InlineData("boom.", "boom.")]
    [InlineData("boom.\n", "boom.")]
    [InlineData("what?", "what?")]
    [InlineData("", "")]
    public void A_text_ends_with_one_mark(string text, string expected) => Assert.Equal(expected, Sentences.End(text));
}
