using Microsoft.Extensions.Logging;
using StreamFlow.Hosting;

namespace StreamFlow.Dashboard;

/// <summary>An application with all that is told of it: its one publisher, its letters and its broker.</summary>
internal sealed class ServedApplication : IDisposable
{
    /// <param name="view">The application.</param>
    /// <param name="insight">What a broker in this process tells; null where there is none.</param>
    /// <param name="logger">The page's log.</param>
    /// <param name="stopping">The host stops.</param>
    public ServedApplication(HostedView view, IBrokerInsight? insight, ILogger logger, CancellationToken stopping)
    {
        View = view;
        Publisher = new Publisher(view, logger);
        Letters = new LetterBox(view);
        Replays = new Replays(view, Letters, stopping);
        Broker = new BrokerView(view, insight, stopping);
        Browser = new TopicBrowser(view.Hosted.Clients, $"{view.Application.ApplicationId}-dashboard-records", view.Time);
    }

    public HostedView View { get; }

    public Publisher Publisher { get; }

    public LetterBox Letters { get; }

    public Replays Replays { get; }

    public BrokerView Broker { get; }

    public TopicBrowser Browser { get; }

    public void Dispose()
    {
        Publisher.Dispose();
        Letters.Dispose();
    }
}
