using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Tests.Interop;

/// <summary>Gives the tests' own imports the build of librdkafka that the product has chosen for this machine.</summary>
internal static class TestLibrary
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Any test may be the first to call the library.")]
    internal static void Resolve() =>
        NativeLibrary.SetDllImportResolver(typeof(TestLibrary).Assembly, RdKafkaLibrary.Resolve);
}
