using System.CommandLine;
using System.Security.Cryptography;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Access;

/// <summary>users list, set and delete: the passwords of SCRAM.</summary>
internal static class UsersCommand
{
    private const int SaltBytes = 24;
    private const int DefaultIterations = 4096;
    private static readonly string[] Mechanisms = ["SCRAM-SHA-256", "SCRAM-SHA-512"];

    public static Command Create(Surroundings surroundings) => CommandParts.WithBroker(CommandParts.Group(
        "users", "List users of SCRAM, set and delete their passwords",
        ["streamflow users set alice --password-file alice.txt", "streamflow users list", "streamflow users delete alice --mechanism SCRAM-SHA-256"],
        List(surroundings), Set(surroundings), Delete(surroundings)));

    private static Command List(Surroundings surroundings)
    {
        Argument<string[]> names = new("user") { Description = "The users (default: all)", Arity = ArgumentArity.ZeroOrMore };
        return CommandParts.Leaf(
            "list", "List users with their mechanisms", ["streamflow users list"], [names], surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                BrokerConnection any = await cluster.AnyAsync(context.Cancelled).ConfigureAwait(false);
                string[] users = context.Get(names);
                DescribeUserScramCredentialsResponse response = await any.SendAsync(
                    new DescribeUserScramCredentialsRequest
                    {
                        Users = users.Length == 0 ? null : [.. users.Select(static u => new DescribeUserScramCredentialsRequestUsers { Name = u })],
                    },
                    context.Cancelled).ConfigureAwait(false);
                Offsets.Throw(response.ErrorCode, "users", response.ErrorMessage);
                Table table = new(new("User", "user"), new("Mechanism", "mechanism"), new("Iterations", "iterations", true));
                foreach (DescribeUserScramCredentialsResponseResults user in response.Results.OrderBy(static u => u.User, StringComparer.Ordinal))
                {
                    Offsets.Throw(user.ErrorCode, $"user '{user.User}'", user.ErrorMessage);
                    Array.ForEach(user.CredentialInfos, c => table.Add(user.User, c.Mechanism is 1 or 2 ? Mechanisms[c.Mechanism - 1] : "unknown", c.Iterations));
                }

                context.Show(table);
                return ExitCode.Success;
            });
    }

    private static Command Set(Surroundings surroundings)
    {
        Argument<string> name = new("user") { Description = "The user" };
        Option<string?> file = new("--password-file") { Description = "The first line of this file is the password (default: the first line of the standard input)", HelpName = "file" };
        Option<string?> mechanism = Values.Word("--mechanism", Mechanisms, "For which mechanism (default: SCRAM-SHA-512)");
        Option<int?> iterations = Values.Number("--iterations", 4096, 16_384, "How slow guessing is made (default: 4096)");
        return CommandParts.Leaf(
            "set", "Set the password of a user, which makes the user when there is none",
            ["streamflow users set alice --password-file alice.txt", "pass show kafka/alice | streamflow users set alice --mechanism SCRAM-SHA-256"],
            [name, file, mechanism, iterations], surroundings,
            async context =>
            {
                string kind = context.Get(mechanism) ?? Mechanisms[1];
                string password = await PasswordAsync(context, context.Get(file)).ConfigureAwait(false);
                byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
                int count = context.Get(iterations) ?? DefaultIterations;
                AlterUserScramCredentialsRequest request = new()
                {
                    Upsertions =
                    [
                        new()
                        {
                            Name = context.Get(name), Mechanism = (sbyte)(Array.IndexOf(Mechanisms, kind) + 1), Iterations = count, Salt = salt,
                            SaltedPassword = ScramClient.Salted(ScramClient.HashOf(kind), password, salt, count),
                        },
                    ],
                };
                return await AlterAsync(context, request, "set").ConfigureAwait(false);
            });
    }

    private static Command Delete(Surroundings surroundings)
    {
        Argument<string> name = new("user") { Description = "The user" };
        Option<string?> mechanism = Values.Word("--mechanism", Mechanisms, "Of which mechanism (default: SCRAM-SHA-512)");
        return CommandParts.Leaf(
            "delete", "Delete the password of a user", ["streamflow users delete alice --mechanism SCRAM-SHA-256"], [name, mechanism], surroundings,
            context => AlterAsync(
                context,
                new AlterUserScramCredentialsRequest
                {
                    Deletions = [new() { Name = context.Get(name), Mechanism = (sbyte)(Array.IndexOf(Mechanisms, context.Get(mechanism) ?? Mechanisms[1]) + 1) }],
                },
                "deleted"));
    }

    private static async Task<int> AlterAsync(CommandContext context, AlterUserScramCredentialsRequest request, string verb)
    {
        await using Cluster cluster = context.Connect();
        BrokerConnection any = await cluster.AnyAsync(context.Cancelled).ConfigureAwait(false);
        AlterUserScramCredentialsResponse response = await any.SendAsync(request, context.Cancelled).ConfigureAwait(false);
        Table table = new(new("User", "user"), new("Result", "result"));
        foreach (AlterUserScramCredentialsResponseResults user in response.Results)
        {
            Offsets.Throw(user.ErrorCode, $"user '{user.User}'", user.ErrorMessage);
            table.Add(user.User, verb);
        }

        context.Show(table);
        return ExitCode.Success;
    }

    /// <summary>Not from the command line, which others on the machine can read.</summary>
    private static async Task<string> PasswordAsync(CommandContext context, string? file)
    {
        try
        {
            using StreamReader reader = file is null ? new StreamReader(context.Terminal.Input, leaveOpen: true) : new StreamReader(file);
            return await reader.ReadLineAsync(context.Cancelled).AsTask().WaitAsync(context.Cancelled).ConfigureAwait(false) is { Length: > 0 } line
                ? line
                : throw new CommandException($"There is no password in {file ?? "the standard input"}; its first line is to be one.", ExitCode.Usage);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"--password-file {file} cannot be read: {exception.Message}", ExitCode.Usage, exception);
        }
    }
}
