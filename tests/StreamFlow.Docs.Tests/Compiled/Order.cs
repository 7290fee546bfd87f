using Avro;
using Avro.Specific;

namespace StreamFlow.Docs.Tests.Compiled;

/// <summary>A class as Avro's generator makes them.</summary>
internal sealed class Order : ISpecificRecord
{
    public Schema Schema { get; } = Schema.Parse(
        """{"type":"record","name":"Order","fields":[{"name":"Id","type":"string"},{"name":"Amount","type":"double"}]}""");

    public string Id { get; set; } = "";

    public double Amount { get; set; }

    public object Get(int fieldPos) => fieldPos == 0 ? Id : Amount;

    public void Put(int fieldPos, object fieldValue)
    {
        if (fieldPos == 0)
        {
            Id = (string)fieldValue;
        }
        else
        {
            Amount = (double)fieldValue;
        }
    }
}
