using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Security;

/// <summary>
/// Users and access rules. What a change has answered is on the disk; whoever reads sees the state before a change or after
/// it, and never waits for the disk.
/// </summary>
internal sealed class SecurityStore
{
    private readonly OrderedLock _writing = new(LockRank.SettingsFile);
    private readonly FileSystem _files;
    private readonly string _directory;
    private volatile State _state;

    private SecurityStore(FileSystem files, string directory, SecurityFile loaded)
    {
        _files = files;
        _directory = directory;
        _state = State.Of(loaded);
    }

    /// <summary>All access rules as of now.</summary>
    public AclTable Acls => _state.Acls;

    /// <summary>The users of whom something is stored.</summary>
    public IReadOnlyCollection<string> Users => [.. _state.File.Users.Select(static x => x.User).Distinct(StringComparer.Ordinal)];

    /// <exception cref="InvalidDataException">What is stored is unreadable.</exception>
    public static SecurityStore Open(FileSystem files, string dataDirectory) =>
        new(files, dataDirectory, SecurityFile.Load(dataDirectory));

    /// <summary>What is stored of a user; null if nothing is for this mechanism.</summary>
    public ScramCredential? Find(string user, ScramMechanism mechanism) =>
        _state.Credentials.GetValueOrDefault((user, mechanism.Name));

    /// <summary>Adds rules; those that are there stay as they are.</summary>
    /// <exception cref="IOException">The change could not be stored, and has not happened.</exception>
    public void AddAcls(IReadOnlyList<AclBinding> acls) => Change(file =>
    {
        List<AclBinding> all = [.. file.Acls.Concat(acls).Distinct()];
        return all.Count == file.Acls.Count ? file : file with { Acls = all };
    });

    /// <summary>Removes what the filters match.</summary>
    /// <returns>For each filter what it matched, before any of it was removed.</returns>
    /// <exception cref="IOException">The change could not be stored, and has not happened.</exception>
    public IReadOnlyList<IReadOnlyList<AclBinding>> RemoveAcls(IReadOnlyList<AclFilter> filters)
    {
        AclBinding[][] matched = [];
        Change(file =>
        {
            matched = [.. filters.Select(filter => file.Acls.Where(acl => filter.Matches(acl)).ToArray())];
            HashSet<AclBinding> gone = [.. matched.SelectMany(static x => x)];
            return gone.Count == 0 ? file : file with { Acls = [.. file.Acls.Where(x => !gone.Contains(x))] };
        });
        return matched;
    }

    /// <summary>Sets and removes keys of users, all or nothing.</summary>
    /// <exception cref="IOException">The change could not be stored, and has not happened.</exception>
    public void ChangeUsers(
        IReadOnlyList<StoredScramCredential> set, IReadOnlyList<(string User, string Mechanism)> remove) => Change(file =>
    {
        HashSet<(string, string)> replaced = [.. set.Select(static x => (x.User, x.Mechanism)), .. remove];
        return file with { Users = [.. file.Users.Where(x => !replaced.Contains((x.User, x.Mechanism))), .. set] };
    });

    private void Change(Func<SecurityFile, SecurityFile> change)
    {
        using (_writing.Enter())
        {
            SecurityFile before = _state.File;
            SecurityFile after = change(before);
            if (ReferenceEquals(before, after))
            {
                return;
            }

            try
            {
                after.Save(_files, _directory);
            }
            catch (UnauthorizedAccessException e)
            {
                throw new IOException(e.Message, e);
            }

            _state = State.Of(after);
        }
    }

    private sealed record State(
        SecurityFile File, AclTable Acls, IReadOnlyDictionary<(string User, string Mechanism), ScramCredential> Credentials)
    {
        public static State Of(SecurityFile file) => new(
            file,
            new AclTable(file.Acls),
            file.Users.ToDictionary(
                static x => (x.User, x.Mechanism),
                static x => new ScramCredential(x.Salt, x.StoredKey, x.ServerKey, x.Iterations)));
    }
}
