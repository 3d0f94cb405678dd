import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/** Runs mongo-java-server on the port that is its argument, as a server that today's driver accepts. */
public class JavaMongo {
  /** Its own MONGO_5_0 reports the wire version of MongoDB 4.2, which the driver refuses. */
  enum Version implements MongoVersion {
    FIVE;

    public List<Integer> getVersionArray() {
      return List.of(5, 0, 0);
    }

    public int getWireVersion() {
      return 13;
    }
  }

  public static void main(String[] args) {
    MongoServer server = new MongoServer(new MemoryBackend().version(Version.FIVE));
    server.bind("127.0.0.1", Integer.parseInt(args[0]));
    System.out.println(server.getConnectionString());
  }
}
