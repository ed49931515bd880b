using System.Buffers.Binary;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.Storage;

// Adds one to the number in a document, again and again until it is killed, and says so each time: PLACE DOCUMENT.
if (!DataPlace.Open(args[0], Sharing.Shared).Try(out var place, out var fault)) throw new InvalidOperationException(fault.ToString());
var document = place.Document(args[1]);
while (true)
{
    var read = await document.ReadAsync();
    var next = new byte[8];
    BinaryPrimitives.WriteInt64LittleEndian(next, 1 + (read.Bytes.Length == 0 ? 0 : BinaryPrimitives.ReadInt64LittleEndian(read.Bytes.Span)));
    if (await document.TryWriteAsync(next, read.Version)) Console.WriteLine(read.Version + 1);
}
