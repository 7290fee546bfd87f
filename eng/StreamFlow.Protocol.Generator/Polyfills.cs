namespace System.Runtime.CompilerServices;

/// <summary>What the compiler asks for where records are, and this framework does not have.</summary>
internal static class IsExternalInit;
