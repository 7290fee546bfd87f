using StreamFlow.Verification.Workers;

namespace StreamFlow.Verification.Faults;

/// <summary>What follows the death of a worker: its disk is looked at, and sooner or later it lives again.</summary>
internal sealed class Deaths(Arena arena, Random random)
{
    /// <summary>Looks at what is left and starts the worker again: at once, when others have taken over, or without its state.</summary>
    public async Task RestartAsync(WorkerHandle worker, string cause)
    {
        arena.RememberState(worker, $"after {cause}");
        var draw = random.Next(100);
        if (draw < 12)
        {
            await Task.Delay(Timing.SessionTimeout + TimeSpan.FromSeconds(1));
        }
        else if (draw < 20)
        {
            Directory.Delete(worker.StateFolder, recursive: true);
        }
        else
        {
            await Task.Delay(random.Next(300));
        }

        worker.Start();
    }
}
