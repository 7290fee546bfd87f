using StreamFlow.Planning;

namespace StreamFlow.Dsl;

/// <summary>
/// The names of a join by foreign key, as Kafka Streams gives them, to the number: each uses one up, in this order.
/// </summary>
internal sealed record ForeignKeyNames
{
    private const string Prefix = "KTABLE-FK-JOIN-";
    private const string TopicSuffix = "-topic";

    public ForeignKeyNames(TopologyGraph graph, string? name)
    {
        Registration = ResourceName.Check(Name("-subscription-registration", "SUBSCRIPTION-REGISTRATION-") + TopicSuffix);
        Send = Name("-subscription-registration-processor", "SUBSCRIPTION-REGISTRATION-");
        RegistrationSink = graph.NodeName(Given("-subscription-registration-sink"), "KTABLE-SINK-");
        RegistrationSource = graph.NodeName(Given("-subscription-registration-source"), "KTABLE-SOURCE-");
        Store = Name("-subscription-store", "SUBSCRIPTION-STATE-STORE-");
        Receive = Name("-subscription-receive", "SUBSCRIPTION-PROCESSOR-");
        Answer = Name("-subscription-join-foreign", "SUBSCRIPTION-PROCESSOR-");
        Tell = Name("-foreign-join-subscription", "SUBSCRIPTION-PROCESSOR-");
        Response = ResourceName.Check(Name("-subscription-response", "SUBSCRIPTION-RESPONSE-") + TopicSuffix);
        ResponseSink = graph.NodeName(Given("-subscription-response-sink"), "KTABLE-SINK-");
        ResponseSource = graph.NodeName(Given("-subscription-response-source"), "KTABLE-SOURCE-");
        Resolve = Name("-subscription-response-resolver", "SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-");
        Result = Name("-result", "OUTPUT-");

        string? Given(string suffix) => name is null ? null : name + suffix;

        string Name(string suffix, string prefix) => graph.NodeName(Given(suffix), Prefix + prefix);
    }

    /// <summary>Prefix of the name of the results' store.</summary>
    public static string ResultPrefix => Prefix + "OUTPUT-";

    /// <summary>Topic in which rows ask.</summary>
    public string Registration { get; }

    public string Send { get; }

    public string RegistrationSink { get; }

    public string RegistrationSource { get; }

    public string Store { get; }

    public string Receive { get; }

    public string Answer { get; }

    public string Tell { get; }

    /// <summary>Topic in which they are answered.</summary>
    public string Response { get; }

    public string ResponseSink { get; }

    public string ResponseSource { get; }

    public string Resolve { get; }

    public string Result { get; }
}
