using System.Net;
using System.Net.Sockets;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Security;

/// <summary>What a broker's security consists of.</summary>
internal sealed class SecurityParts : IDisposable
{
    private readonly EmbeddedBrokerOptions _options;
    private readonly BrokerLog _log;
    private readonly FailedAuthentications _failures;
    private readonly AccessControl? _access;
    private readonly Dictionary<BrokerOAuth, KeySource> _keys = [];

    private SecurityParts(EmbeddedBrokerOptions options, SecurityStore store, BrokerLog log)
    {
        _options = options;
        _log = log;
        _failures = new FailedAuthentications(options.TimeProvider);
        Store = store;
        Authorizer = options.Authorization is { } authorization
            ? new Authorizer(store, authorization.SuperUsers, authorization.AllowEveryoneIfNoAclFound)
            : null;
        _access = Authorizer is null ? null : new AccessControl(Authorizer, log.Repeated);
    }

    public SecurityStore Store { get; }

    /// <summary>Null where everybody may do everything.</summary>
    public Authorizer? Authorizer { get; }

    public static async Task<SecurityParts> OpenAsync(
        EmbeddedBrokerOptions options, string dataDirectory, BrokerLog log, CancellationToken ct)
    {
        SecurityParts parts = new(options, SecurityStore.Open(FileSystem.Disk, dataDirectory), log);
        parts.AddUsers();
        foreach (BrokerOAuth oauth in options.Listeners.Select(static x => x.Sasl?.OAuth).OfType<BrokerOAuth>().Distinct())
        {
            if (KeySource.Of(oauth, log, options.TimeProvider) is { } source)
            {
                parts._keys.Add(oauth, source);
                await source.LoadAsync(ct).ConfigureAwait(false);
            }
        }

        return parts;
    }

    /// <summary>Takes the addresses of all listeners; nobody is let in yet.</summary>
    /// <exception cref="IOException">An address is taken or not one of this machine.</exception>
    public IReadOnlyList<Listener> Bind(int nodeId)
    {
        List<Listener> bound = [];
        try
        {
            foreach (BrokerListener listener in ListenerChecks.Of(_options))
            {
                bound.Add(Bind(listener, nodeId));
            }

            return bound;
        }
        catch
        {
            bound.ForEach(static x => x.Dispose());
            throw;
        }
    }

    public void Dispose()
    {
        foreach (KeySource source in _keys.Values)
        {
            source.Dispose();
        }
    }

    private Listener Bind(BrokerListener options, int nodeId)
    {
        IPEndPoint endPoint = BrokerAddress.Resolve(options);
        TlsCertificates? tls = options.Tls is null ? null : new TlsCertificates(options.Tls, _log, _options.TimeProvider);
        try
        {
            Listener listener = new(endPoint)
            {
                Name = options.Name,
                Tls = tls,
                Names = options.Tls is null ? null : new PrincipalMapper(options.Tls.PrincipalMappingRules),
                Access = _access,
                Sasl = options.Sasl is null ? null : Policy(options.Sasl),
            };
            listener.Advertised = BrokerAddress.Advertised(options, endPoint, listener.Port, nodeId);
            return listener;
        }
        catch (SocketException exception)
        {
            throw new IOException(
                $"Cannot listen on {endPoint}: {exception.Message}. Choose another port, or 0 for a free one.", exception);
        }
    }

    private SaslPolicy Policy(BrokerSasl sasl)
    {
        TokenValidator? tokens = sasl.OAuth is { } oauth
            ? new TokenValidator(oauth, _keys.GetValueOrDefault(oauth), _options.TimeProvider)
            : null;
        return new SaslPolicy(sasl, Store, tokens, _failures, _log, _options.TimeProvider);
    }

    private void AddUsers()
    {
        StoredScramCredential[] fresh =
        [
            .. from user in _options.Users
               where !Store.Users.Contains(user.Name)
               let password = user.Password()
               from mechanism in ScramMechanism.All
               let credential = ScramCredential.Create(mechanism, password)
               select new StoredScramCredential(
                   user.Name, mechanism.Name, credential.Salt, credential.StoredKey, credential.ServerKey, credential.Iterations),
        ];
        if (fresh.Length > 0)
        {
            Store.ChangeUsers(fresh, []);
        }
    }
}
