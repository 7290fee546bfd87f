using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker;

/// <summary>Says that something was refused because there is as much as there may be; once a minute for each limit.</summary>
internal static partial class CapLog
{
    /// <param name="log">Is told.</param>
    /// <param name="what">What there may be no more of.</param>
    /// <param name="limit">How many there may be.</param>
    /// <param name="option">The option that says so, or what else can be done.</param>
    public static void Reached(ILogger log, string what, long limit, string option)
    {
        if (log is BrokerLog broker)
        {
            broker.Repeated.Write($"cap of {what}", inner => Refused(inner, what, limit, option));
        }
        else
        {
            Refused(log, what, limit, option);
        }
    }

    [LoggerMessage(7, LogLevel.Warning, "Refused a client: there may be {Limit} {What}, and there are as many ({Option})")]
    private static partial void Refused(ILogger logger, string what, long limit, string option);
}
