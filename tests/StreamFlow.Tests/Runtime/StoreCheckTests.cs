using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Runtime;
using StreamFlow.State;

namespace StreamFlow.Tests.Runtime;

/// <summary>Data in a folder whose form is not that of the store any more: made anew where they can be, else an error.</summary>
public sealed class StoreCheckTests
{
    private static readonly StoreShape Now = new() { Kind = "a key-value store", Layout = StoreFormat.Timestamped };
    private static readonly Dictionary<string, StoreLabel> Before = new()
    {
        ["s"] = new(null, Now with { Layout = StoreFormat.Plain }),
    };

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Data_that_a_topic_has_too_are_filled_anew(bool isLogged, bool hasSource) =>
        Assert.Equal(
            ["store 's': its values were kept alone, now with timestamps"], Check(isLogged, hasSource));

    [Fact]
    public void Data_that_are_nowhere_else_are_not_dropped()
    {
        var error = Assert.Throws<StateStoreException>(() => Check(isLogged: false, hasSource: false));

        Assert.Contains("Store 's' its values were kept alone, now with timestamps.", error.Message, StringComparison.Ordinal);
        Assert.Contains("delete the state directory of each", error.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Check(bool isLogged, bool hasSource) => StoreCheck.Folder(
        Before,
        [
            new StoreDefinition
            {
                Name = "s",
                IsPersistent = true,
                IsLogged = isLogged,
                Source = hasSource ? new SourceChangelog("rows", static (in ByteRecord _) => true) : null,
                ChangelogConfigs = new Dictionary<string, string>(),
                Shape = Now,
                Create = _ => throw new InvalidOperationException("must not be called"),
            },
        ],
        "app",
        "the folder");
}
