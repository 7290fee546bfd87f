using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace StreamFlow.Docs.Tests.Pages;

/// <summary>
/// Sources that a build of the repository compiles, as tokens: so neither a comment nor a text in quotes is taken for code, and
/// spaces do not matter. Nor do access modifiers, since a public type of a page is a private one within a test.
/// </summary>
internal sealed class CompiledSources
{
    private const char Between = '\u0001';

    private static readonly string[] Ignored = ["public", "private", "internal"];

    /// <summary>What a project has without a word: .NET's implicit usings, and what is the snippets' own namespace.</summary>
    private static readonly string[] Implicit =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks",
        "Microsoft.AspNetCore.Builder", "Microsoft.Extensions.Configuration", "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting",
        "Microsoft.Extensions.Logging", "StreamFlow", "Xunit",
    ];

    private readonly List<string> _sources;

    private CompiledSources(List<string> sources) => _sources = sources;

    public static CompiledSources Load() => new(
    [
        .. Files().Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Select(file => Tokens(File.ReadAllText(file))),
    ]);

    public bool Have(string snippet)
    {
        var parts = Parts(snippet);
        return parts.Count > 0 && _sources.Any(source => parts.All(part => Contains(source, part)));
    }

    /// <summary>The part that the source which has most of the snippet has not.</summary>
    public string Missing(string snippet)
    {
        var parts = Parts(snippet);
        var best = _sources.MaxBy(source => parts.Count(part => Contains(source, part)))!;
        return (parts.FirstOrDefault(part => !Contains(best, part)) ?? "(nothing but comments)").Replace(Between, ' ').Trim();
    }

    private static IEnumerable<string> Files() =>
    [
        .. Directory.EnumerateDirectories(Repository.FullPath("tests")).SelectMany(project => new[] { "Docs", "Compiled" }
                .Select(folder => Path.Combine(project, folder)).Append(project.EndsWith(".WebService", StringComparison.Ordinal) ? project : "")
                .Where(Directory.Exists))
            .Concat([Repository.FullPath("samples"), Repository.FullPath("templates")])
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)),
    ];

    /// <summary>Blank lines and lines with a using are where a page leaves out what stands between.</summary>
    private static List<string> Parts(string snippet)
    {
        var parts = new List<string> { "" };
        foreach (var line in snippet.Split('\n').Select(line => line.TrimEnd()))
        {
            var isUsing = line.StartsWith("using ", StringComparison.Ordinal) && line.EndsWith(';') && !line.Contains('=') && !line.Contains('(');
            if (line.Length == 0 || isUsing)
            {
                parts.Add(isUsing && !Implicit.Contains(line[6..^1]) ? line : "");
                parts.Add("");
                continue;
            }

            parts[^1] += line + "\n";
        }

        return [.. parts.Select(Tokens).Where(part => part.Length > 1)];
    }

    private static bool Contains(string source, string part) => source.Contains(part, StringComparison.Ordinal);

    private static string Tokens(string text) => Between + string.Concat(SyntaxFactory.ParseTokens(text)
        .Where(token => !token.IsKind(SyntaxKind.EndOfFileToken) && !Ignored.Contains(token.Text, StringComparer.Ordinal))
        .Select(token => token.Text + Between));
}
