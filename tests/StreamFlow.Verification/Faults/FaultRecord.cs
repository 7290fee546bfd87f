namespace StreamFlow.Verification.Faults;

/// <summary>A fault that happened.</summary>
/// <param name="Name">Its kind.</param>
/// <param name="Kills">Processes it killed.</param>
/// <param name="Recovery">From the fault to the first correct result of a later input in every partition; null while unknown.</param>
internal sealed record FaultRecord(string Name, int Kills, TimeSpan? Recovery);

/// <summary>A kind of fault.</summary>
/// <param name="Name">How it is called.</param>
/// <param name="Weight">How often it comes, beside the others.</param>
/// <param name="Run">Does it, and starts again what it has killed; returns the number of processes killed.</param>
internal sealed record Fault(string Name, int Weight, Func<Task<int>> Run);
