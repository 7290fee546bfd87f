using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace StreamFlow.Tests.Dsl;

/// <summary>No operator takes an async function in silence: it does not compile, or it is refused where it is described.</summary>
public sealed class AsyncFunctionTests
{
    private static readonly KStream<string, string> Stream = new StreamsBuilder().Stream<string, string>("in");

    /// <summary>One per line, of what does not compile.</summary>
    public static TheoryData<string> Refused =>
    [
        "s.ForEach(async (k, v) => await Task.Yield())",
        "s.ForEach(async record => await Task.Yield())",
        "s.ForEach((k, v) => Task.CompletedTask)",
        "s.Peek(async (k, v) => await Task.Yield())",
        "s.Peek(record => Task.CompletedTask)",
        "s.Filter(async (k, v) => { await Task.Yield(); return true; })",
        "s.FilterNot(async record => { await Task.Yield(); return true; })",
        "s.Map(async (k, v) => { await Task.Yield(); return (k, v); })",
        "s.FlatMap(async (k, v) => { await Task.Yield(); return new[] { (k, v) }; })",
        "s.FlatMapValues(async v => { await Task.Yield(); return new[] { v }; })",
        "s.GroupByKey().Reduce(async (a, b) => { await Task.Yield(); return a; })",
        "s.Split().Branch(async (k, v) => { await Task.Yield(); return true; })",
    ];

    /// <summary>What compiles: the result is any type.</summary>
    public static TheoryData<string, Action> Described => new()
    {
        { "mapValues", () => Stream.MapValues(async v => await Task.FromResult(v)) },
        { "mapValues with key", () => Stream.MapValues((k, v) => new ValueTask<string>(v)) },
        { "selectKey", () => Stream.SelectKey(async (k, v) => await Task.FromResult(v)) },
        { "groupBy", () => Stream.GroupBy(async (k, v) => await Task.FromResult(v)) },
        { "map", () => Stream.Map((k, v) => (k, Task.FromResult(v))) },
        { "flatMapValues", () => Stream.FlatMapValues(v => new[] { Task.FromResult(v) }) },
        { "aggregate", () => Stream.GroupByKey().Aggregate(() => Task.FromResult(0), async (k, v, sum) => await sum + 1) },
        { "table mapValues", () => Stream.ToTable().MapValues(async v => await Task.FromResult(v)) },
        { "async void peek", () => Stream.Peek(AsyncVoid) },
        { "async void forEach", () => Stream.ForEach(AsyncVoid) },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Async_function_does_not_compile(string call)
    {
        Assert.NotEmpty(Errors(call));
        Assert.Empty(Errors("s.ForEach((k, v) => k.ToString())"));
    }

    [Theory]
    [InlineData("s.ForEach(async (k, v) => await Task.Yield())")]
    [InlineData("s.Peek(async record => await Task.Yield())")]
    public void The_compiler_tells_why(string call) =>
        Assert.Contains(Errors(call), error => error.Contains("synchronous", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Described))]
    public void Async_function_is_refused_where_it_is_described(string name, Action describe)
    {
        Assert.NotEmpty(name);

        Assert.Contains("synchronous", Assert.Throws<TopologyException>(describe).Message, StringComparison.Ordinal);
    }

    private static async void AsyncVoid(string key, string value) => await Task.Yield();

    private static List<string> Errors(string call)
    {
        var source = $$"""
            using System.Threading.Tasks;
            using StreamFlow;
            static class Snippet { static void Describe(KStream<string, string> s) { {{call}}; } }
            """;
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            "snippet",
            [CSharpSyntaxTree.ParseText(source)],
            references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        return [.. compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.GetMessage(CultureInfo.InvariantCulture))];
    }
}
