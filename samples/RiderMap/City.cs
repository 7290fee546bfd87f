using System.Globalization;

namespace RiderMap;

/// <summary>The map: a grid of streets, in metres, and zones named as on a city map, from A1 in the north-west to H5 in the south-east.</summary>
internal static class City
{
    public const int Width = 4000;
    public const int Height = 2500;
    public const int Block = 100;
    public const int Zone = 500;

    public static string ZoneOf(Position position)
    {
        // The last street of the east and of the south belong to the zone that they bound.
        var column = Math.Min(position.X, Width - 1) / Zone;
        var row = Math.Min(position.Y, Height - 1) / Zone;
        return string.Create(CultureInfo.InvariantCulture, $"{(char)('A' + column)}{row + 1}");
    }
}
