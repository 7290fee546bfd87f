using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using StreamFlow.Protocol.Generator;

namespace StreamFlow.Protocol.Tests;

/// <summary>A layout file that is wrong says where, and what is expected there.</summary>
public sealed class LayoutTests
{
    private const string Head = "api A 1 versions 0-3 flexible 2+\n  request\n";
    private const string Tail = "\n  response\n    X int8\n";

    [Theory]
    [InlineData(Head + "    x int8" + Tail, 3, "'x int8' is no field")]
    [InlineData(Head + "    X int7" + Tail, 3, "'int7' is no type: one of bool, int8,")]
    [InlineData(Head + "    X int8 1+ fast" + Tail, 3, "'fast' is not understood behind X")]
    [InlineData(Head + "    X int8 3-1" + Tail, 3, "'3-1' is no range of versions")]
    [InlineData(Head + "    X int8 7" + Tail, 3, "X has versions 7, of which what it stands in has none (0 to 3).")]
    [InlineData(Head + "    X int8 tag 0" + Tail, 3, "X is tagged in version 0, which has no tags: give it versions from 2 on.")]
    [InlineData(Head + "    X string = null" + Tail, 3, "X is null by default and never null")]
    [InlineData(Head + "    X int8 = many" + Tail, 3, "'many' cannot be the default of X.")]
    [InlineData(Head + "    X int8?" + Tail, 3, "X is a number, which cannot be null.")]
    [InlineData(Head + "    X int8\n    X int8" + Tail, 4, "X, or its tag, is here for the second time.")]
    [InlineData(Head + "    X {}" + Tail, 3, "X is a struct without fields")]
    [InlineData(Head + "    X Other" + Tail, 3, "X refers to a struct 'Other', which ARequest does not have.")]
    [InlineData(Head + "    X int8\n      Y int8" + Tail, 4, "'Y int8' is indented more than what it stands below.")]
    [InlineData(Head + "   X int8" + Tail, 3, "Lines are indented by two spaces for each level.")]
    [InlineData(Head + "    X int8", 3, "A line 'response' is expected here")]
    [InlineData("api A versions 0", 1, "'versions' is no number.")]
    [InlineData("data A flexible 0+\n  X int8", 1, "A has no 'versions'")]
    [InlineData("data A versions 0\n  X int8\ndata A versions 0\n  X int8", 3, "'data A versions 0' has a name or a number that is in the file already.")]
    public void A_wrong_line_is_named(string layout, int line, string message)
    {
        var found = Generate(layout).Diagnostics.Where(d => d.Id == "SFP001").ToList();

        Assert.Contains(found, d => d.GetMessage(null).Contains(message, StringComparison.Ordinal));
        Assert.Contains(found, d => d.Location.GetLineSpan() is { Path: "kafka.layout" } at && at.StartLinePosition.Line == line - 1);
    }

    [Fact]
    public void A_change_of_one_message_makes_no_other_again()
    {
        const string Two = "data A versions 0\n  X int8\ndata B versions 0\n  X int8\n";
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new MessageGenerator().AsSourceGenerator()], [new Text(Two)],
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        var compilation = CSharpCompilation.Create("empty");
        driver = driver.RunGenerators(compilation);
        driver = driver.ReplaceAdditionalTexts([new Text(Two + "  Y int8\n")]).RunGenerators(compilation);

        var reasons = driver.GetRunResult().Results[0].TrackedOutputSteps["SourceOutput"].SelectMany(s => s.Outputs).Select(o => o.Reason);
        Assert.Contains(IncrementalStepRunReason.Cached, reasons);
        Assert.Contains(driver.GetRunResult().GeneratedTrees, t => t.ToString().Contains("Y { get; set; }", StringComparison.Ordinal));
    }

    private static GeneratorDriverRunResult Generate(string layout)
    {
        GeneratorDriver driver = CSharpGeneratorDriver.Create([new MessageGenerator().AsSourceGenerator()], [new Text(layout)]);
        return driver.RunGenerators(CSharpCompilation.Create("empty")).GetRunResult();
    }

    private sealed class Text(string content) : AdditionalText
    {
        public override string Path => "kafka.layout";

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(content);
    }
}
