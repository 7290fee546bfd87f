namespace StreamFlow.Broker.Tests.Clients.Tables;

/// <summary>A command, and what it said to Apache Kafka and to this broker.</summary>
internal sealed record ToolRow(ToolCase Command, ToolAnswer Apache, ToolAnswer Ours)
{
    /// <summary>What a row begins its answer with that is not as it should be.</summary>
    public const string Other = "**other:**";

    /// <summary>Tool and command as the table has them.</summary>
    public static string Cells(string line)
    {
        string[] parts = line.Replace("|", "\\|", StringComparison.Ordinal).Split(' ', 2);
        return $"{parts[0]} | {(parts.Length > 1 ? $"`{parts[1]}`" : "")}";
    }

    /// <summary>What is wrong, or null.</summary>
    public string? Problem()
    {
        bool asItShouldBe = Command switch
        {
            { Refused: not null } => Ours.IsRefusal,
            _ when Apache.IsRefusal => Ours.IsRefusal && Ours.Code == Apache.Code && Ours.Exceptions().SequenceEqual(Apache.Exceptions()),
            { Differs: not null } => !Apache.IsRefusal && !Ours.IsRefusal && Ours.Code == Apache.Code,
            _ => Ours == Apache,
        };
        return asItShouldBe
            ? null
            : $"{Command.Line}\n--- Apache Kafka ({Apache.Code})\n{Apache.Text}\n--- StreamFlow ({Ours.Code})\n{Ours.Text}\n";
    }

    public string Markdown()
    {
        string apache = Apache.IsRefusal ? $"refuses: {Apache.Said()}" : "does it";
        string ours = Problem() is not null ? $"{Other} {Ours.Said()}"
            : Apache.IsRefusal && Ours != Apache && Command.Refused is null ? $"refuses: {Ours.Said()}"
            : Command.Refused is { } why ? $"refuses, as {why}: {Ours.Said()}"
            : Command.Differs is { } how ? $"does it; {how}"
            : "the same";
        return $"| {Cells(Command.Line)} | {apache} | {ours} |";
    }
}
