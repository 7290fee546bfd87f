using System.Runtime.CompilerServices;

namespace StreamFlow.Dsl;

/// <summary>
/// Operators are synchronous: a record is done when its functions return. One that returns a task, or that is async, would
/// be done later, on another thread, out of order, and its failure would be nobody's; it is refused where it is described.
/// </summary>
internal static class AsyncFunctions
{
    public const string Refusal =
        "Operators take synchronous functions: a record is done when the function returns, and what an async one does later "
        + "comes out of order, outside of exactly-once, and its failures are lost. Do the waiting before or behind Kafka, or block "
        + "in the function (GetAwaiter().GetResult()).";

    /// <summary>Whether a type of keys or values is what an async function returns.</summary>
    /// <exception cref="TopologyException">It is.</exception>
    public static void RefuseResult<T>()
    {
        if (AsyncResult<T>.IsTask)
        {
            throw new TopologyException($"A function returns {typeof(T)} for a key or value: it is async. {Refusal}");
        }
    }

    /// <summary>Whether an action is async, which the compiler takes for one without a result.</summary>
    /// <exception cref="TopologyException">It is.</exception>
    public static void Refuse(Delegate action)
    {
        if (action.Method.IsDefined(typeof(AsyncStateMachineAttribute), inherit: false))
        {
            throw new TopologyException($"The action {action.Method.Name} is async. {Refusal}");
        }
    }

    private static class AsyncResult<T>
    {
        public static readonly bool IsTask = typeof(Task).IsAssignableFrom(typeof(T)) || typeof(T) == typeof(ValueTask)
            || (typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(ValueTask<>));
    }
}
