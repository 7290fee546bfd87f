using System.Text;

namespace StreamFlow.Broker.Tests.Clients.Tables;

/// <summary>Runs the cases against both brokers, one after the other, and says what is not as it should be.</summary>
internal sealed class ToolTable : IAsyncDisposable
{
    private readonly ToolProcess _tools = ToolProcess.Start();
    private readonly ToolTarget _apache;
    private readonly ToolTarget _ours;

    private ToolTable(ToolTarget apache, ToolTarget ours) => (_apache, _ours) = (apache, ours);

    public List<ToolRow> Rows { get; } = [];

    public static async Task<ToolTable> StartAsync()
    {
        ToolTarget ours = await ToolTarget.StreamFlowAsync();
        try
        {
            return new ToolTable(await ToolTarget.ApacheKafkaAsync(), ours);
        }
        catch
        {
            await ours.DisposeAsync();
            throw;
        }
    }

    public async Task RunAsync(IEnumerable<ToolCase> cases)
    {
        foreach (ToolCase command in cases)
        {
            if (command.IsStep)
            {
                await StepAsync(command.Words);
            }
            else
            {
                Rows.Add(new ToolRow(command, await AnswerAsync(command, _apache), await AnswerAsync(command, _ours)));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _tools.Dispose();
        await _ours.DisposeAsync();
        await _apache.DisposeAsync();
    }

    /// <summary>As a page shows it.</summary>
    public static string Markdown(IEnumerable<ToolRow> rows)
    {
        StringBuilder text = new("| Tool | Command | Apache Kafka 4.3.1 | StreamFlow |\n|---|---|---|---|\n");
        foreach (ToolRow row in rows)
        {
            text.Append(row.Markdown()).Append('\n');
        }

        return text.ToString();
    }

    private static readonly string[] AddressFirst = ["metadata-quorum", "features", "transactions"];

    private async Task StepAsync(IReadOnlyList<string> words)
    {
        if (words[0] == "leave")
        {
            await _tools.LeaveAsync();
            return;
        }

        foreach (ToolTarget target in (ToolTarget[])[_apache, _ours])
        {
            switch (words[0])
            {
                case "open":
                    await target.OpenTransactionAsync(words[1], words[2]);
                    break;
                default:
                    await _tools.JoinAsync(target.Server, words[1], words[2], words[3]);
                    break;
            }
        }
    }

    private async Task<ToolAnswer> AnswerAsync(ToolCase command, ToolTarget target)
    {
        foreach (IGrouping<string, string> file in command.Files.GroupBy(static x => x.Name, static x => x.Line))
        {
            await File.WriteAllLinesAsync(Path.Combine(target.Directory, file.Key), file);
        }

        (int code, string output) = await _tools.RunAsync(command.Words[0], command.Input, await ArgumentsAsync(command, target));
        return ToolAnswer.Of(command, code, output, target);
    }

    private static async Task<List<string>> ArgumentsAsync(ToolCase command, ToolTarget target)
    {
        List<string> arguments = [];
        foreach (string word in command.Words.Skip(1))
        {
            arguments.Add(await PlacedAsync(word, target));
        }

        if (command.Words[0] == "dump-log" || command.Line.Contains("{server}", StringComparison.Ordinal))
        {
            return arguments;
        }

        arguments.InsertRange(
            AddressFirst.Contains(command.Words[0]) ? 0 : arguments.Count, ["--bootstrap-server", target.Server]);
        return arguments;
    }

    private static async Task<string> PlacedAsync(string word, ToolTarget target)
    {
        word = word.Replace("{dir}", target.Directory, StringComparison.Ordinal)
            .Replace("{server}", target.Server, StringComparison.Ordinal)
            .Replace("{open}", $"{target.OpenedAt}", StringComparison.Ordinal);
        return word.StartsWith("{data:", StringComparison.Ordinal) ? await target.SegmentAsync(word[6..^1]) : word;
    }
}
