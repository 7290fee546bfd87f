using System.Diagnostics;
using System.Globalization;

namespace StreamFlow.Broker.Tests.Clients.Groups;

/// <summary>A member in its process, and what it said: which partitions it owned, from when to when.</summary>
internal sealed class MemberProcess : IDisposable
{
    private readonly Process _process;
    private readonly GroupKillModel _model;
    private readonly Dictionary<int, long> _owned = [];

    private MemberProcess(Process process, GroupKillModel model)
    {
        _process = process;
        _model = model;
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public static MemberProcess Start(GroupKillModel model, string bootstrapServers, string group, string topic)
    {
        string host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        string program = Path.Combine(AppContext.BaseDirectory, "StreamFlow.Broker.Tests.dll");
        return new MemberProcess(
            Process.Start(new ProcessStartInfo(host, ["exec", program, "member", bootstrapServers, group, topic])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!,
            model);
    }

    /// <summary>SIGKILL; what it owned it owned until now.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        // Also waits for the end of its output.
        await _process.WaitForExitAsync();
        long now = TimeProvider.System.GetTimestamp();
        foreach ((int partition, long from) in _owned)
        {
            _model.Owned(partition, from, now);
        }

        _owned.Clear();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line?.Split(' ', 3) is not [var moment, var word, var what])
        {
            return;
        }

        long at = long.Parse(moment, CultureInfo.InvariantCulture);
        switch (word)
        {
            case "READ":
                _model.Read(what);
                break;
            case "OWNS":
                _owned[int.Parse(what, CultureInfo.InvariantCulture)] = at;
                break;
            case "GIVES" when _owned.Remove(int.Parse(what, CultureInfo.InvariantCulture), out long from):
                _model.Owned(int.Parse(what, CultureInfo.InvariantCulture), from, at);
                break;
            case "LOSES":
                // It was taken for dead: since when, it cannot know.
                _owned.Remove(int.Parse(what, CultureInfo.InvariantCulture));
                break;
        }
    }
}
