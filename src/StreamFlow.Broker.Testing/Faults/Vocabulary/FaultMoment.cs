namespace StreamFlow.Broker.Testing;

/// <summary>When a fault strikes: before the broker has seen the request, or once it has done what was asked.</summary>
public enum FaultMoment
{
    /// <summary>The request has no effect.</summary>
    BeforeEffect,

    /// <summary>The request takes effect, and its sender does not hear of it.</summary>
    AfterEffect,
}
