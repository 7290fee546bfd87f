using StreamFlow.Protocol.Generator;

namespace StreamFlow.Protocol.Tests.Golden;

/// <summary>One line of the golden file: what Apache Kafka's own classes wrote.</summary>
public sealed record GoldenMessage(string Name, short Version, bool IsFilled, byte[] Bytes)
{
    private static readonly Lazy<IReadOnlyList<GoldenMessage>> Lines = new(() =>
        [.. Resources.Lines("golden.txt").Select(Parse)]);

    private static readonly Lazy<Dictionary<string, MessageLayout>> ByName = new(() =>
        LayoutBlock.Split(Resources.Text("kafka.layout")).SelectMany(LayoutParser.Parse).ToDictionary(m => m.Name));

    public static IReadOnlyList<GoldenMessage> All => Lines.Value;

    internal static IReadOnlyDictionary<string, MessageLayout> Layouts => ByName.Value;

    internal MessageLayout Layout => Layouts[Name];

    public override string ToString() => $"{Name} {Version} {(IsFilled ? "filled" : "empty")}";

    private static GoldenMessage Parse(string line)
    {
        var words = line.Split(' ');
        return new GoldenMessage(
            words[0], short.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture), words[2] == "filled",
            Convert.FromHexString(words[3]));
    }
}
