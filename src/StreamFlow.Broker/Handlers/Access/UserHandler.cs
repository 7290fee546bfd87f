using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Users of SCRAM (KIP-554): which there are, new passwords, and the end of old ones.</summary>
internal sealed class UserHandler(SecurityStore store, BrokerLog log)
{
    public DescribeUserScramCredentialsResponse Describe(DescribeUserScramCredentialsRequest request, RequestContext context)
    {
        if (!context.MayCluster(AclOperation.Describe))
        {
            return new DescribeUserScramCredentialsResponse
            {
                ErrorCode = ErrorCode.ClusterAuthorizationFailed,
                ErrorMessage = RequestContext.NotAllowed,
            };
        }

        string[] names = request.Users is { Length: > 0 } users
            ? [.. users.Select(static x => x.Name)]
            : [.. store.Users.Order(StringComparer.Ordinal)];
        return new DescribeUserScramCredentialsResponse
        {
            ErrorMessage = null,
            Results = [.. names.GroupBy(static x => x).Select(x => Describe(x.Key, x.Count()))],
        };
    }

    public AlterUserScramCredentialsResponse Alter(AlterUserScramCredentialsRequest request, RequestContext context)
    {
        Dictionary<string, (ErrorCode Error, string? Message)> results = [];
        foreach (string name in request.Deletions.Select(static x => x.Name).Concat(request.Upsertions.Select(static x => x.Name)))
        {
            results[name] = (ErrorCode.None, null);
        }

        if (!context.MayCluster(AclOperation.Alter))
        {
            return Answer(results.Keys.ToDictionary(
                static x => x, static _ => (ErrorCode.ClusterAuthorizationFailed, (string?)RequestContext.NotAllowed)));
        }

        CheckAll(request, results);
        try
        {
            // Who has a problem with one change keeps all as it was.
            store.ChangeUsers(
                [.. request.Upsertions.Where(x => results[x.Name].Error == ErrorCode.None).Select(Stored)],
                [.. request.Deletions.Where(x => results[x.Name].Error == ErrorCode.None)
                    .Select(static x => (x.Name, ScramMechanism.Find(x.Mechanism)!.Name))]);
        }
        catch (FullFileException exception)
        {
            RefuseRest(results, ErrorCode.PolicyViolation, exception.Message);
        }
        catch (IOException exception)
        {
            SecurityLog.NotStored(log, exception.Message);
            RefuseRest(results, ErrorCode.KafkaStorageError, "The users could not be written.");
        }

        return Answer(results);
    }

    /// <summary>There are none: kafka-configs asks for them whenever it describes users.</summary>
    public static DescribeClientQuotasResponse DescribeQuotas(RequestContext context) =>
        context.MayCluster(AclOperation.DescribeConfigs)
            ? new DescribeClientQuotasResponse { ErrorMessage = null }
            : new DescribeClientQuotasResponse
            {
                ErrorCode = ErrorCode.ClusterAuthorizationFailed,
                ErrorMessage = RequestContext.NotAllowed,
                Entries = null,
            };

    private static AlterUserScramCredentialsResponse Answer(Dictionary<string, (ErrorCode Error, string? Message)> results) => new()
    {
        Results =
        [
            .. results.Select(static x => new AlterUserScramCredentialsResponseResults
            {
                User = x.Key,
                ErrorCode = x.Value.Error,
                ErrorMessage = x.Value.Message,
            }),
        ],
    };

    private static void RefuseRest(Dictionary<string, (ErrorCode Error, string? Message)> results, ErrorCode error, string message)
    {
        foreach (string name in results.Keys.Where(x => results[x].Error == ErrorCode.None).ToArray())
        {
            results[name] = (error, message);
        }
    }

    private static StoredScramCredential Stored(AlterUserScramCredentialsRequestUpsertions change)
    {
        ScramMechanism mechanism = ScramMechanism.Find(change.Mechanism)!;
        ScramCredential keys = ScramCredential.FromSaltedPassword(mechanism, change.SaltedPassword, change.Salt, change.Iterations);
        return new StoredScramCredential(change.Name, mechanism.Name, keys.Salt, keys.StoredKey, keys.ServerKey, keys.Iterations);
    }

    private static (ErrorCode Error, string Message)? Problem(AlterUserScramCredentialsRequestUpsertions change)
    {
        if (ScramMechanism.Find(change.Mechanism) is not { } mechanism)
        {
            return (ErrorCode.UnsupportedSaslMechanism, "Unknown SCRAM mechanism");
        }

        string? problem = change.Name.Length == 0 ? "Username must not be empty"
            : change.Iterations < ScramMechanism.MinIterations ? $"Too few iterations; {ScramMechanism.MinIterations} are the least"
            : change.Iterations > ScramMechanism.MaxIterations ? $"Too many iterations; {ScramMechanism.MaxIterations} are the most"
            : change.Salt.Length == 0 ? "The salt must not be empty"
            : change.SaltedPassword.Length != mechanism.Size ? $"The salted password must have {mechanism.Size} bytes"
            : null;
        return problem is null ? null : (ErrorCode.UnacceptableCredential, problem);
    }

    private void CheckAll(AlterUserScramCredentialsRequest request, Dictionary<string, (ErrorCode Error, string? Message)> results)
    {
        foreach (AlterUserScramCredentialsRequestUpsertions change in request.Upsertions)
        {
            if (Problem(change) is { } problem)
            {
                results[change.Name] = problem;
            }
        }

        foreach (AlterUserScramCredentialsRequestDeletions change in request.Deletions)
        {
            ScramMechanism? mechanism = ScramMechanism.Find(change.Mechanism);
            if (mechanism is null)
            {
                results[change.Name] = (ErrorCode.UnsupportedSaslMechanism, "Unknown SCRAM mechanism");
            }
            else if (store.Find(change.Name, mechanism) is null)
            {
                results[change.Name] = (
                    ErrorCode.ResourceNotFound, "Attempt to delete a user credential that does not exist");
            }
        }

        IEnumerable<(string Name, sbyte Mechanism)> all = request.Deletions.Select(static x => (x.Name, x.Mechanism))
            .Concat(request.Upsertions.Select(static x => (x.Name, x.Mechanism)));
        foreach (string twice in all.GroupBy(static x => x).Where(static x => x.Skip(1).Any()).Select(static x => x.Key.Name))
        {
            results[twice] = (
                ErrorCode.DuplicateResource, "A user credential cannot be altered twice in the same request");
        }
    }

    private DescribeUserScramCredentialsResponseResults Describe(string name, int times)
    {
        DescribeUserScramCredentialsResponseCredentialInfos[] found =
        [
            .. from mechanism in ScramMechanism.All
               let credential = store.Find(name, mechanism)
               where credential is not null
               select new DescribeUserScramCredentialsResponseCredentialInfos
               {
                   Mechanism = mechanism.Number,
                   Iterations = credential.Iterations,
               },
        ];
        (ErrorCode error, string? message) = times > 1
            ? (ErrorCode.DuplicateResource, $"Cannot describe SCRAM credentials for the same user twice in a single request: {name}")
            : found.Length == 0
            ? (ErrorCode.ResourceNotFound, $"Attempt to describe a user credential that does not exist: {name}")
            : (ErrorCode.None, null);
        return new DescribeUserScramCredentialsResponseResults
        {
            User = name,
            ErrorCode = error,
            ErrorMessage = message,
            CredentialInfos = error == ErrorCode.None ? found : [],
        };
    }
}
