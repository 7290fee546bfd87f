namespace StreamFlow.Protocol;

/// <summary>A message is to be read or written in a version that it does not have, or that cannot carry what it says.</summary>
internal sealed class UnsupportedVersionException(string message) : Exception(message);
