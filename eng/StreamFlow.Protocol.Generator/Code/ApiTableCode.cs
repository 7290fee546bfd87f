using System.Collections.Generic;

namespace StreamFlow.Protocol.Generator;

/// <summary>The numbers of the APIs, and the table of what Kafka says about each.</summary>
internal static class ApiTableCode
{
    public static string Emit(IReadOnlyList<BlockHead> apis)
    {
        var code = new CodeText();
        code.Open("namespace StreamFlow.Protocol");
        code.Line("/// <summary>The request kinds of the Kafka protocol, by their number on the wire.</summary>");
        code.Open("internal enum ApiKey : short");
        foreach (var api in apis)
        {
            code.Line($"/// <summary>{api.Name}, versions {api.Versions}.</summary>");
            code.Line($"{api.Name} = {api.Number},");
        }

        code.Close();
        code.Close();
        code.Gap();
        code.Open("namespace StreamFlow.Protocol.Messages");
        code.Line("/// <summary>Every API that there are messages for, in the order of their numbers.</summary>");
        code.Open("internal static class KafkaApis");
        code.Open("private static readonly KafkaApi[] Apis =");
        foreach (var api in apis)
        {
            var stable = System.Math.Min(api.UnstableFrom - 1, api.Versions.To);
            code.Line($"new(ApiKey.{api.Name}, {api.Versions.From}, {api.Versions.To}, {stable}, {api.FlexibleFrom}),");
        }

        code.Close();
        code.Line(";");
        code.Gap();
        code.Line("/// <summary>All of them.</summary>");
        code.Line("public static IReadOnlyList<KafkaApi> All => Apis;");
        code.Gap();
        code.Line("/// <summary>The API of a number; null when there is none.</summary>");
        code.Line("public static KafkaApi? Find(ApiKey key) => Array.Find(Apis, api => api.Key == key);");
        code.Close();
        code.Close();
        return MessageCode.Heading + "\nusing System;\nusing System.Collections.Generic;\n\n" + code;
    }
}
