namespace StreamFlow.Verification;

/// <summary>The harness itself cannot go on: no verdict.</summary>
internal sealed class HarnessException(string message) : Exception(message);
