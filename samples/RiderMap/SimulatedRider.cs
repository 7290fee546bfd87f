namespace RiderMap;

/// <summary>One rider: on the way along the streets, or waiting at a door.</summary>
internal sealed class SimulatedRider
{
    /// <summary>What a rider rides between two positions, in metres, at least and at most.</summary>
    private const int Slowest = 30, Fastest = 70;

    /// <summary>Nobody orders from next door.</summary>
    private const int ShortestWay = 500, LongestWay = 2000;

    private readonly Queue<(int X, int Y)> _corners = new();
    private readonly int _speed;
    private int _waits;

    public SimulatedRider(string id, Random random)
    {
        var (x, y) = RandomCorner(random);
        (Id, At, _speed) = (id, new Position(x, y, EastWest: true), random.Next(Slowest, Fastest));
        if (random.Next(2) == 0)
        {
            _waits = 2;
            return; // begins at a door, where something will be ready soon
        }

        RideSomewhere(random);
        for (var rides = random.Next(ShortestWay / Fastest); rides > 0; rides--)
        {
            Ride(random); // begins somewhere between two doors
        }
    }

    public string Id { get; }

    public Position At { get; private set; }

    /// <summary>What the rider carries; null on the way to a door where something waits.</summary>
    public Delivery? Carries { get; private set; }

    /// <summary>Number of the delivery that the rider carries, or has handed over last.</summary>
    public string? Delivery { get; private set; }

    /// <summary>Number of the one before.</summary>
    public string? DeliveryBefore { get; private set; }

    public void Fetch(string delivery, Random random)
    {
        var (x, y) = RideSomewhere(random);
        (DeliveryBefore, Delivery, Carries) = (Delivery, delivery, new Delivery(Id, x, y, Arrived: false));
    }

    public void HandOver(Random random)
    {
        Carries = null;
        RideSomewhere(random);
    }

    /// <summary>Rides on until the next position is due.</summary>
    /// <returns>Whether the rider has arrived.</returns>
    public bool Ride(Random random)
    {
        var metres = _waits-- > 0 ? 0 : random.Next(_speed * 3 / 4, _speed);
        while (metres > 0 && _corners.TryPeek(out var corner))
        {
            var (east, south) = (corner.X - At.X, corner.Y - At.Y);
            var far = Math.Abs(east) + Math.Abs(south);
            var step = Math.Min(metres, far);
            At = new Position(
                At.X + (Math.Sign(east) * step), At.Y + (Math.Sign(south) * step), far == 0 ? At.EastWest : east != 0);
            metres -= step;
            if (step == far)
            {
                _corners.Dequeue();
            }
        }

        return _corners.Count == 0 && _waits < 0;
    }

    private static (int X, int Y) RandomCorner(Random random) =>
        (random.Next((City.Width / City.Block) + 1) * City.Block, random.Next((City.Height / City.Block) + 1) * City.Block);

    /// <summary>Plans the way to another door, with up to three turns.</summary>
    private (int X, int Y) RideSomewhere(Random random)
    {
        (int X, int Y) target;
        do
        {
            target = RandomCorner(random);
        }
        while (Math.Abs(target.X - At.X) + Math.Abs(target.Y - At.Y) is < ShortestWay or > LongestWay);

        var (west, east) = (Math.Min(At.X, target.X) / City.Block, Math.Max(At.X, target.X) / City.Block);
        var turn = random.Next(west, east + 1) * City.Block;
        _corners.Enqueue((turn, At.Y));
        _corners.Enqueue((turn, target.Y));
        _corners.Enqueue(target);
        _waits = random.Next(4);
        return target;
    }
}
