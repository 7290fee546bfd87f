using System.Text;

namespace StreamFlow.Broker.Tests.Clients.Tables;

/// <summary>A command of a tool, or a step between them, as tool-cases.txt has it.</summary>
internal sealed class ToolCase
{
    private readonly List<string> _input = [];

    private ToolCase(string section, string line)
    {
        Section = section;
        Line = line;
        IsStep = line.StartsWith("! ", StringComparison.Ordinal);
        Words = Split(IsStep ? line[2..] : line);
    }

    public string Section { get; }

    public string Line { get; }

    /// <summary>Not a tool but something that has to be there for the next one.</summary>
    public bool IsStep { get; }

    public IReadOnlyList<string> Words { get; }

    public string Input => string.Concat(_input.Select(static x => x + "\n"));

    /// <summary>Lines of files by their names.</summary>
    public List<(string Name, string Line)> Files { get; } = [];

    public bool IsFigures { get; private set; }

    public bool IsUnordered { get; private set; }

    public string? Only { get; private set; }

    public string? Differs { get; private set; }

    public string? Refused { get; private set; }

    /// <summary>The cases in their order.</summary>
    public static List<ToolCase> Load()
    {
        List<ToolCase> cases = [];
        string section = "";
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Clients", "Tables", "tool-cases.txt")))
        {
            if (line.StartsWith("== ", StringComparison.Ordinal))
            {
                section = line[3..];
            }
            else if (line.StartsWith("  ", StringComparison.Ordinal))
            {
                cases[^1].Add(line.TrimStart());
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                cases.Add(new ToolCase(section, line));
            }
        }

        return cases;
    }

    private void Add(string line)
    {
        string[] parts = line.Split(' ', 2);
        string rest = parts.Length > 1 ? parts[1] : "";
        switch (parts[0])
        {
            case "<":
                _input.Add(rest);
                break;
            case "file":
                Files.Add((rest.Split(' ')[0], rest[(rest.IndexOf(' ', StringComparison.Ordinal) + 1)..]));
                break;
            case "figures":
                IsFigures = true;
                break;
            case "unordered":
                IsUnordered = true;
                break;
            case "only":
                Only = rest;
                break;
            case "differs":
                Differs = rest;
                break;
            case "refused":
                Refused = rest;
                break;
            default:
                throw new InvalidDataException($"tool-cases.txt says '{line}' below '{Line}', which means nothing.");
        }
    }

    private static List<string> Split(string line)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool quoted = false;
        foreach (char letter in line + " ")
        {
            if (letter == '\'')
            {
                quoted = !quoted;
            }
            else if (letter == ' ' && !quoted)
            {
                words.Add(word.ToString());
                word.Clear();
            }
            else
            {
                word.Append(letter);
            }
        }

        return words;
    }
}
