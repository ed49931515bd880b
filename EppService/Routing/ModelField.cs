using System.Text.Json;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>The <c>model</c> of a body that is not read for its prompt: embeddings, rerankings and whatever else engines serve.</summary>
internal static class ModelField
{
    /// <summary>The field's text; null where the body is no JSON object that has it. Reads no further than the field.</summary>
    public static string? Read(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var found = reader.ValueTextEquals("model"u8);
                reader.Read();
                if (found) return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                reader.Skip();
            }

            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // No JSON, or a name that is no text.
        }
    }
}
