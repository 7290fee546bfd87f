namespace StreamFlow.Hosting.Tests.Support;

internal static class Topologies
{
    public static void Shout(StreamsBuilder builder) => Shout(builder, "in", "out");

    public static void Shout(StreamsBuilder builder, string from, string to) =>
        builder.Stream<string, string>(from).MapValues(v => v + "!").To(to);

    /// <summary>Fails at the value "poison".</summary>
    public static void Picky(StreamsBuilder builder) =>
        builder.Stream<string, string>("picky")
            .MapValues(v => v == "poison" ? throw new InvalidOperationException("I do not like it") : v)
            .To("out");
}
