using StreamFlow.Clients;
using StreamFlow.State;

namespace StreamFlow.Testing.Tests.Differential;

/// <summary>Runs programs on threads of an application, on whichever cluster.</summary>
/// <param name="clients">The cluster, without topics.</param>
internal sealed class ThreadedRun(IKafkaClients clients) : IDisposable
{
    private const string ApplicationId = "app";
    private const int Partitions = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly string _folder = Directory.CreateTempSubdirectory("streamflow-threads-").FullName;
    private readonly ProgramTopics _topics = new(clients, ApplicationId, Partitions);

    /// <summary>What comes out: for each record of each topic a text as of <see cref="ProgramRun"/>.</summary>
    /// <param name="program">The program.</param>
    /// <param name="threads">On how many threads.</param>
    public IReadOnlyList<string> Run(RandomProgram program, int threads)
    {
        var sinks = program.Nodes.Where(n => n.Operator == "to").Select(n => n.Arguments[0]).ToList();
        var globals = program.Nodes.Where(n => n.Operator == "global").Select(n => n.Arguments[0]).ToHashSet();
        var sources = program.Nodes.Where(n => n.Parents.Length == 0).Select(n => n.Arguments[0]).Distinct().ToList();
        _topics.Create([.. sources, .. sinks]);

        // Rows of global tables come first, since tasks do not wait for them.
        _topics.Send(program.Inputs.Where(i => !i.IsLast || globals.Contains(i.Topic)));
        using var application = new StreamsApplicationScope(Create(program, Math.Max(1, threads - 1), "first"));

        // One of several threads is that of another instance, which comes while the first one is at work: tasks move.
        using var other = threads > 1 ? new StreamsApplicationScope(Create(program, 1, "second")) : null;
        UntilAllIsDone(application, other, [.. sources.Except(globals)]);
        foreach (var last in program.Inputs.Where(i => i.IsLast && !globals.Contains(i.Topic)).GroupBy(i => (i.Time, i.Topic)))
        {
            // One topic after the other: which of two a task reads first would depend on when it hears of them.
            _topics.Send(last);
            UntilAllIsDone(application, other, [.. sources.Except(globals)]);
        }

        other?.Stop();
        application.Stop();
        return [.. sinks.Order(StringComparer.Ordinal).SelectMany(_topics.Read)];
    }

    public void Dispose()
    {
        _topics.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private StreamsApplication Create(RandomProgram program, int threads, string folder) => new(
        ProgramTopology.Build(program),
        new StreamFlowOptions
        {
            ApplicationId = ApplicationId,
            NumStreamThreads = threads,
            StateDirectory = Path.Combine(_folder, folder),
            CacheMaxBytes = program.Cache,
            CommitInterval = TimeSpan.FromMilliseconds(10),
            PollTimeout = TimeSpan.FromMilliseconds(10),
            ProcessingGuarantee = program.Seed % 2 == 0 ? ProcessingGuarantee.ExactlyOnce : ProcessingGuarantee.AtLeastOnce,
        },
        clients,
        new() { StoreBackend = program.Store == "rocksDB" ? new RocksDbBackendFactory() : null });

    private void UntilAllIsDone(StreamsApplicationScope application, StreamsApplicationScope? other, string[] sources)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!_topics.AreDone(sources))
        {
            application.ThrowIfFailed();
            other?.ThrowIfFailed();
            if (TimeProvider.System.GetElapsedTime(start) > Patience)
            {
                throw new TimeoutException($"Not all records were processed within {Patience}.");
            }

            Thread.Sleep(2);
        }
    }

    /// <summary>An application from its start to its end, whatever happens between.</summary>
    private sealed class StreamsApplicationScope : IDisposable
    {
        private readonly StreamsApplication _application;

        public StreamsApplicationScope(StreamsApplication application)
        {
            _application = application;
            application.StartAsync().GetAwaiter().GetResult();
        }

        public void ThrowIfFailed()
        {
            if (_application.Status.Error is { } error)
            {
                throw new InvalidOperationException($"The application failed: {error.GetType().Name}: {error.Message}", error);
            }
        }

        public void Stop() => _application.StopAsync().GetAwaiter().GetResult();

        public void Dispose() => _application.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
