namespace StreamFlow.Hosting;

/// <summary>Remembers that an application was added under this name.</summary>
internal sealed record ApplicationRegistration(string Name);
