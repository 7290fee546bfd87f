using Avro.Specific;

namespace StreamFlow.Serialization.SchemaRegistry.Tests.Support;

/// <summary>An order as generated code has it, first version.</summary>
public sealed class OrderV1 : ISpecificRecord
{
    public const string Json =
        """{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"Id","type":"string"},{"name":"Amount","type":"int"}]}""";

    private static readonly Avro.Schema AvroSchema = Avro.Schema.Parse(Json);

    public string Id { get; set; } = "";

    public int Amount { get; set; }

    public Avro.Schema Schema => AvroSchema;

    public object Get(int fieldPos) => fieldPos == 0 ? Id : Amount;

    public void Put(int fieldPos, object fieldValue)
    {
        if (fieldPos == 0)
        {
            Id = (string)fieldValue;
        }
        else
        {
            Amount = (int)fieldValue;
        }
    }
}

/// <summary>The second version has a currency, with a default: it reads the first.</summary>
public sealed class OrderV2 : ISpecificRecord
{
    public const string Json =
        """{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"Id","type":"string"},{"name":"Amount","type":"int"},{"name":"Currency","type":"string","default":"EUR"}]}""";

    private static readonly Avro.Schema AvroSchema = Avro.Schema.Parse(Json);

    private readonly object[] _fields = ["", 0, ""];

    public string Id => (string)_fields[0];

    public int Amount => (int)_fields[1];

    public string Currency => (string)_fields[2];

    public Avro.Schema Schema => AvroSchema;

    public static OrderV2 Of(string id, int amount, string currency)
    {
        var order = new OrderV2();
        order.Put(0, id);
        order.Put(1, amount);
        order.Put(2, currency);
        return order;
    }

    public object Get(int fieldPos) => _fields[fieldPos];

    public void Put(int fieldPos, object fieldValue) => _fields[fieldPos] = fieldValue;
}

/// <summary>A change that reads nothing older: a new field without a default.</summary>
public sealed class OrderBroken : ISpecificRecord
{
    private static readonly Avro.Schema AvroSchema = Avro.Schema.Parse(
        """{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"Id","type":"string"},{"name":"Country","type":"string"}]}""");

    private readonly object[] _fields = ["", ""];

    public Avro.Schema Schema => AvroSchema;

    public object Get(int fieldPos) => _fields[fieldPos];

    public void Put(int fieldPos, object fieldValue) => _fields[fieldPos] = fieldValue;
}
