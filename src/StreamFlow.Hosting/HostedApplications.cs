using System.Diagnostics.CodeAnalysis;
using StreamFlow.Clients;

namespace StreamFlow.Hosting;

/// <summary>An application of a host, and what it was made of.</summary>
/// <param name="Name">The name it was added under.</param>
/// <param name="Application">The application.</param>
/// <param name="Clients">Its way to Kafka.</param>
/// <param name="Options">Its settings, after configuration and code had their say.</param>
[Experimental("SF0001")]
public sealed record HostedApplication(
    string Name, StreamsApplication Application, IKafkaClients Clients, StreamFlowHostOptions Options);

/// <summary>
/// The applications of a host, for what shows or watches them, such as StreamFlow.Dashboard: there as a service once one was added.
/// </summary>
[Experimental("SF0001")]
public sealed class HostedApplications
{
    private readonly Lock _gate = new();
    private readonly List<HostedApplication> _made = [];
    private readonly List<Action<HostedApplication>> _observers = [];
    private readonly List<Action> _checks = [];
    private bool _isStarted;

    internal HostedApplications(IEnumerable<ApplicationRegistration> registrations) =>
        Names = [.. registrations.Select(r => r.Name)];

    /// <summary>The names that applications were added under, in the order they were added.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Is told of each application when it was made, before it is started; of those that were made before, at once.</summary>
    /// <param name="observer">Gets the application.</param>
    public void WhenMade(Action<HostedApplication> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        List<HostedApplication> made;
        lock (_gate)
        {
            _observers.Add(observer);
            made = [.. _made];
        }

        made.ForEach(observer);
    }

    /// <summary>
    /// Looks at the host when all of its services have started, a web server among them, and before it is held to be up.
    /// </summary>
    /// <param name="check">What it throws makes the start of the host fail.</param>
    public void WhenStarted(Action check)
    {
        ArgumentNullException.ThrowIfNull(check);
        lock (_gate)
        {
            _checks.Add(check);
        }
    }

    internal void Add(HostedApplication application)
    {
        List<Action<HostedApplication>> observers;
        lock (_gate)
        {
            _made.Add(application);
            observers = [.. _observers];
        }

        observers.ForEach(observer => observer(application));
    }

    /// <summary>Called by each application's service.</summary>
    internal void Started()
    {
        List<Action> checks;
        lock (_gate)
        {
            checks = _isStarted ? [] : [.. _checks];
            _isStarted = true;
        }

        checks.ForEach(check => check());
    }
}
