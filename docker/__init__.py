"""What the container is made of beside the application and the shipper."""
