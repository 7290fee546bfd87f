namespace StreamFlow.Tests.State;

public sealed class InMemoryReadsTests : StoreReadsContract;
