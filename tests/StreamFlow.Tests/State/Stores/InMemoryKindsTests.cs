namespace StreamFlow.Tests.State;

public sealed class InMemoryKindsTests : StoreKindsContract;
