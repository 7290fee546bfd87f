using StreamFlow.Benchmarks;
using StreamFlow.Benchmarks.Backlog;
using StreamFlow.Benchmarks.Bare;
using StreamFlow.Benchmarks.Bindings;
using StreamFlow.Benchmarks.Commits;
using StreamFlow.Benchmarks.Crash;
using StreamFlow.Benchmarks.Latency;
using StreamFlow.Benchmarks.Metrics;
using StreamFlow.Benchmarks.Operators;
using StreamFlow.Benchmarks.Page;
using StreamFlow.Benchmarks.Peer;
using StreamFlow.Benchmarks.Records;
using StreamFlow.Benchmarks.Restore;
using StreamFlow.Benchmarks.Scale;
using StreamFlow.Benchmarks.Sessions;
using StreamFlow.Benchmarks.Startup;

const string Usage = """
    StreamFlow.Benchmarks PART [--option value ...]      see docs/benchmarks.md

      Peer         drains a loaded topic through a workload:  --bootstrap HOST:PORT
                   --workload passthrough|ordercount|join|streamjoin|session [--in TOPIC] [--cache BYTES] [--threads 1] [--commit MS] [--guarantee at_least_once|exactly_once_v2]
                   [--state DIR] [--broker-pid PID] [--broker NAME] [--write-buffers BYTES] [--block-cache BYTES]
                   [--consumer name=value,...] [--producer name=value,...] [--seed 1] [--note TEXT] [--append FILE]
      Bare         the engine beside a bare loop on the same clients, over the embedded broker:
                   [--records 1000000] [--repetitions 5] [--serde bytes|raw] [--topology passthrough|idle-table]
                   [--append FILE]
      Backlog      a day's records in four partitions, and how many of them come late behind a repartition topic:
                   [--records 1000000] [--repetitions 3] [--skews -1,10000] [--case TEXT] [--producer name=value,...] [--append FILE]
      BrokerStart  embedded broker, start to first metadata answer:  [--repetitions 20] [--cold 5] [--append FILE]
      Restore      restores a store from its changelog, without local state:  --mode kv|window --bootstrap HOST:PORT
                   [--records 1000000] [--value-bytes 100] [--memory] [--threads 1] [--partitions 4] [--app NAME] [--keep]
                   [--load-only] [--broker NAME] [--consumer name=value,...] [--state DIR] [--append FILE]
      Crash        kills an application with a large state at each crash point and starts it again:
                   --bootstrap HOST:PORT [--mb 1024] [--points NAME,...] [--settle 3] [--broker NAME] [--state DIR]
                   [--append FILE]
      CommitCost   the client calls of one commit under a light load:  --bootstrap HOST:PORT [--seconds 10]
                   [--producer name=value,...] [--broker NAME] [--state DIR] [--append FILE]
      Binding      our binding of RocksDB beside the package's managed API, each in processes of its own:
                   [--records 1000000] [--repetitions 3] [--state DIR] [--append FILE]
      Operators    each operator on the engine's tasks without a broker, beside the bare hop from source to sink:
                   [--families stateless,aggregation,join] [--quick] [--verbose] [--append FILE]
      Metrics      what it costs a record that the application is measured, on and off by turns:  [--rounds 40] [--append FILE]
      Page         what open pages cost the application they show, beside none, by turns:  [--pages 50] [--rounds 6] [--seconds 10]
                   [--rate 1000] [--append FILE]
      Latency      from due to arrived at a steady light load, through an application in a process of its own:
                   --workload passthrough|ordercount|none --bootstrap HOST:PORT [--guarantee at_least_once|exactly_once_v2]
                   [--rate 1000] [--seconds 30] [--warmup 20] [--commit 100] [--producer name=value,...]
                   [--broker NAME] [--state DIR] [--append FILE]
      Sessions     heartbeats of a member under load, and how long a killed member's partitions wait:
                   [--busy 0,4,16,64] [--seconds 60] [--sessions 6000,10000,15000,45000] [--records 200000] [--append FILE]
      Scale        many partitions and connections that do nothing: made, started, stopped, memory, handles, processor time:
                   [--partitions 10000] [--topics 100] [--connections 1000] [--seconds 30] [--state DIR] [--append FILE]
                   [--bootstrap HOST:PORT --broker-pid PID --broker NAME]   of a broker that is there, without start and stop
      Locks        what taking a lock costs with its place in the order, checked and not, beside a plain one:  [--append FILE]
      Records      codecs, messages and the compaction of many records:  [--only codecs,messages,compaction] [--rounds 7]
                   [--records 10000000] [--keys 1000000] [--state DIR] [--append FILE]
      Spin         how long threads of the broker's pool look for work before they sleep, by turns:  [--limits default,0]
                   [--rounds 5] [--records 500000] [--seconds 10] [--state DIR] [--append FILE]
      Report       the table of a file of results:  --in FILE
    """;

var options = new Options(args.Skip(1));
switch (args.FirstOrDefault())
{
    case "Peer":
        return await PeerRun.MainAsync(options);
    case "Bare":
        return await BareRun.MainAsync(options);
    case "Backlog":
        return await BacklogRun.MainAsync(options);
    case "BrokerStart":
        return await BrokerStartRun.MainAsync(options);
    case "Restore":
        return await RestoreRun.MainAsync(options);
    case "Crash":
        return await CrashRun.MainAsync(options);
    case "CrashWorker":
        return await CrashWorker.MainAsync(options);
    case "CommitCost":
        return await CommitCostRun.MainAsync(options);
    case "Binding":
        return await BindingRun.MainAsync(options);
    case "Operators":
        return OperatorsRun.Run(options);
    case "Metrics":
        return MetricsRun.Run(options);
    case "Page":
        return await PageRun.MainAsync(options);
    case "PageWorker":
        return await PageWorker.MainAsync(options);
    case "Latency":
        return await LatencyRun.MainAsync(options);
    case "LatencyWorker":
        return await LatencyApplication.WorkAsync(options);
    case "Sessions":
        return await SessionsRun.MainAsync(options);
    case "Scale":
        return await ScaleRun.MainAsync(options);
    case "Locks":
        return LocksRun.Run(options);
    case "Records":
        return await RecordsRun.MainAsync(options);
    case "CompactionWorker":
        return CompactionRun.Work(options);
    case "Spin":
        return await SpinRun.MainAsync(options);
    case "Report":
        return Report.Print(options);
    default:
        await Console.Error.WriteLineAsync(Usage);
        return 2;
}
